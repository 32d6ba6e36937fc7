"""Names of releases and what they stand for: harness/environments/."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.environments.build import (
    RECORD,
    find_cache,
    folder_name,
    limit_dates,
    list_environments,
    read_record,
    remove_leftovers,
)
from harness.environments.releases import RELEASES, find_release
from harness.errors import UsageError

WHOLE = json.dumps({"release": {"name": "2.15"}, "versions": {}, "packages": [], "built": ""})


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(tmp_path))
    return find_cache()


def make_environment(cache, name, record):
    python = cache / name / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (cache / name / RECORD).write_text(record)


def test_every_release_from_1_15_to_2_21_is_known_and_nightly():
    wanted = ["1.15", *(f"2.{minor}" for minor in range(22)), "nightly"]
    assert list(RELEASES) == wanted


@pytest.mark.parametrize("name", RELEASES)
def test_a_release_asks_for_its_own_tensorflow(name):
    package = find_release(name).requirements[0]
    assert package.startswith("tf-nightly" if name == "nightly" else "tensorflow")
    assert name == "nightly" or package.endswith(f"=={name}.*")


def test_legacy_keras_is_a_package_and_a_variable():
    release = find_release("2.16+legacy")
    assert release.legacy_keras
    assert "tf-keras==2.16.*" in release.requirements


@pytest.mark.parametrize("name", ["2.15+legacy", "2.99", "3.0", "2.1500", "", "2.15+other", "tf2"])
def test_what_is_no_release_is_refused_with_a_sentence(name):
    with pytest.raises(UsageError) as refused:
        find_release(name)
    assert "Traceback" not in refused.value.render()


@given(st.text(max_size=20))
def test_no_name_is_worse_than_refused(name):
    with contextlib.suppress(UsageError):
        assert find_release(name).requirements


def test_an_extra_requirement_takes_the_place_of_the_pin_and_names_the_environment():
    release = find_release("2.6", ("keras==2.6.0",))
    assert [each for each in release.requirements if each.startswith("keras")] == ["keras==2.6.0"]
    assert folder_name(release).startswith("2.6-keras-")
    assert folder_name(find_release("2.16+legacy")) == "2.16+legacy"


def test_environments_of_different_requirements_do_not_share_a_folder():
    wanted = ["numpy<2", "numpy>2", "numpy==2"]
    folders = {folder_name(find_release("2.15", (each,))) for each in wanted}
    assert len(folders) == 3
    assert not any(set(name) & set("<>= /") for name in folders)


def test_an_extra_requirement_is_not_held_to_the_releases_day():
    limits = limit_dates(find_release("2.16", ("keras==3.15.1",)))
    assert limits[:2] == ["--exclude-newer", "2024-03-15"]
    assert limits[2].startswith("--exclude-newer-package=keras=")
    assert limit_dates(find_release("2.21")) == []


@pytest.mark.parametrize("extra", ["", "--help", "keras=3", "a b"])
def test_what_is_no_requirement_is_refused(extra):
    with pytest.raises(UsageError, match="not a requirement"):
        find_release("2.16", (extra,))


def test_only_what_is_whole_is_an_environment(cache):
    make_environment(cache, "2.15", WHOLE)
    make_environment(cache, "2.14", "{half")
    make_environment(cache, "2.13.part", json.dumps({}))
    (cache / "2.12").mkdir()
    make_environment(cache, "2.11", "{}")
    assert read_record(cache / "2.14") is None
    assert read_record(cache / "2.12") is None
    assert [name for name, _ in list_environments()] == ["2.15"]


def test_leftovers_of_killed_builds_are_removed_and_nothing_else(cache):
    make_environment(cache, "2.15", WHOLE)
    (cache / "2.4.part").mkdir()
    assert remove_leftovers() == ["2.4"]
    assert read_record(cache / "2.15") is not None
    assert not (cache / "2.4.part").exists()
