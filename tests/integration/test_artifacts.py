"""Committed files of other releases, for real: written anew there, compared, put in place."""

import re
import shutil
import sys

import h5py
import pytest

from harness.artifacts.provenance import hash_files
from harness.catalog.load import PACKAGED

pytestmark = [pytest.mark.tensorflow, pytest.mark.releases]

SAME = r"same (bytes|contents|but for rounding)"


@pytest.fixture
def bring(tmp_path):
    """Copy one packaged version scenario with its files; return (root, its files' folder)."""
    root = tmp_path / "lessons"

    def copy(name):
        (root / "version" / "artifacts").mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGED / "version" / f"{name}.py", root / "version")
        folder = root / "version" / "artifacts" / name
        return root, shutil.copytree(PACKAGED / "version" / "artifacts" / name, folder)

    return copy


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where these tests' environments are built; uv's own cache makes them quick."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def cli(cli, cache, monkeypatch):
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(cache))
    return cli


def test_files_are_the_same_in_the_releases_that_wrote_them_and_stay_as_they_are(cli, bring):
    root, old = bring("initializer_dtype_from_tf1")
    _, new = bring("functional_archive_module")
    before = hash_files(root)
    ended = cli("artifact", "--all", "--scenarios", root)
    ended.assert_ran(0)
    assert re.search(rf"initializer-dtype-from-tf1 +1\.15\.0 +2\.2\.4-tf .* {SAME}", ended.stdout)
    assert re.search(rf"functional-archive-module +2\.15\.0 +2\.15\.0 .* {SAME}", ended.stdout)
    assert "2 of 2 regenerated: " in ended.stdout
    assert hash_files(root) == before
    assert old.exists()
    assert new.exists()


def test_a_weight_that_changed_is_named_and_replaced_only_with_write(cli, bring):
    root, folder = bring("initializer_dtype_from_tf1")
    whole = hash_files(folder)
    with h5py.File(folder / "artifact" / "model.h5", "r+") as file:
        weights = []
        file.visititems(lambda _, item: weights.append(item) if hasattr(item, "dtype") else None)
        weights[0][...] += 1
        name = weights[0].name
    damaged = hash_files(folder)
    asked = ("artifact", "initializer-dtype-from-tf1", "--scenarios", root)
    ended = cli(*asked)
    ended.assert_ran(1)
    assert "artifact/model.h5 is changed" in ended.stdout
    assert name[-40:] in ended.stdout
    assert "Next: python -m harness artifact initializer-dtype-from-tf1 --write" in ended.stdout
    assert hash_files(folder) == damaged
    cli(*asked, "--write").assert_ran(0)
    cli(*asked, "--check").assert_ran(0)
    assert hash_files(folder).keys() == whole.keys()


def test_a_scenario_without_files_gets_them(cli, bring):
    root, folder = bring("initializer_dtype_from_tf1")
    shutil.rmtree(folder)
    ended = cli("artifact", "initializer-dtype-from-tf1", "--scenarios", root)
    ended.assert_ran(0)
    assert "there were no files" in ended.stdout
    cli("artifact", "--all", "--check", "--scenarios", root).assert_ran(0)


def test_an_interpreter_with_another_release_is_refused(cli, bring):
    root, folder = bring("initializer_dtype_from_tf1")
    before = hash_files(folder)
    asked = ("artifact", "initializer-dtype-from-tf1", "--scenarios", root)
    ended = cli(*asked, "--python", sys.executable)
    ended.assert_refused(2, "must be written by TensorFlow 1.15.0", "has 2.")
    assert hash_files(folder) == before


def test_a_release_that_cannot_be_built_costs_only_its_own_scenarios(cli, bring):
    root, _ = bring("initializer_dtype_from_tf1")
    _, folder = bring("scaler_version_warning")
    shutil.rmtree(
        folder
    )  # which scikit-learn wrote it is no longer known: we ask for none there is
    ended = cli("artifact", "--all", "--scenarios", root, "--with", "scikit-learn==0.0.1")
    assert ended.code == 3
    assert "1 of 2 regenerated: " in ended.stdout
    assert "could not be built" in ended.stderr
    assert not folder.exists()
