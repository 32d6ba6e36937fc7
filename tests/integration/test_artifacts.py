"""Committed files of other releases, for real: written anew there, compared, put in place."""

import re
import shutil

import h5py
import pytest

from harness.catalog import PACKAGED
from harness.environments.build import find_cache
from harness.provenance import hash_files

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


@pytest.fixture
def cli(cli, monkeypatch):
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(find_cache()))  # built once, for all tests
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
    ended = cli(*asked, "--python", find_cache() / "2.15" / "bin" / "python")
    ended.assert_refused(2, "must be written by TensorFlow 1.15.0", "has 2.15.")
    assert hash_files(folder) == before
