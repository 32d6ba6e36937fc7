"""Names of releases and what they stand for: harness/environments/."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.environments.build import read_lock
from harness.environments.cache import (
    RECORD,
    find_cache,
    find_damage,
    folder_name,
    list_environments,
    read_built,
    remove_leftovers,
)
from harness.environments.releases import RELEASES, find_release, name_wheel
from harness.environments.requirements import write_requirements
from harness.environments.uv import explain_uv_failure, find_python, limit_dates
from harness.errors import UsageError

WHOLE = json.dumps(
    {
        "release": {"name": "2.15", "python": "3.11", "newest": None, "requirements": []},
        "versions": {"tensorflow": "2.15.0", "keras": "2.15.0"},
        "packages": [],
        "built": "",
    }
)


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
    assert limit_dates(find_release("2.21")) == ["--exclude-newer", "2026-03-20"]
    assert limit_dates(find_release("nightly")) == []


@pytest.mark.parametrize("extra", ["", "--help", "keras=3", "a b"])
def test_what_is_no_requirement_is_refused(extra):
    with pytest.raises(UsageError, match="not a package requirement"):
        find_release("2.16", (extra,))


def make_installed(cache, name):
    """An environment of one package with one file of five bytes."""
    make_environment(cache, name, WHOLE.replace("[]", '["a-package==1.0"]'))
    packages = cache / name / "lib" / "python3.11" / "site-packages"
    (packages / "a_package-1.0.dist-info").mkdir(parents=True)
    (packages / "a_package-1.0.dist-info" / "RECORD").write_text("a.py,sha256=x,5\na.pyc,,\n")
    (packages / "a.py").write_text("12345")
    return packages


def test_a_python_file_of_other_contents_and_the_same_size_is_found_where_contents_are_read(cache):
    packages, folder = make_installed(cache, "2.15"), cache / "2.15"
    digest = "WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U"  # of 12345
    (packages / "a_package-1.0.dist-info" / "RECORD").write_text(f"a.py,sha256={digest},5\n")
    assert find_damage(folder, contents=True) == []
    (packages / "a.py").write_text("1234!")
    assert find_damage(folder) == []
    said = f"{packages / 'a.py'} has other contents than were installed"
    assert find_damage(folder, contents=True) == [said]


def test_damage_is_found_in_whatever_was_installed(cache):
    packages, folder = make_installed(cache, "2.15"), cache / "2.15"
    assert find_damage(folder) == []
    (packages / "a.py").write_text("123")
    assert find_damage(folder) == [f"{packages / 'a.py'} has 3 bytes instead of 5"]
    (packages / "a.py").unlink()
    assert find_damage(folder) == [f"{packages / 'a.py'} is missing"]
    (packages / "a_package-1.0.dist-info" / "RECORD").unlink()
    assert find_damage(folder) == ["the package a-package is missing"]
    (folder / RECORD).write_text("{half")
    assert "unreadable" in find_damage(folder)[0]
    (folder / "bin" / "python").unlink()
    assert "its interpreter is missing" in find_damage(folder)[0]


def test_environments_are_listed_by_release_and_those_without_a_record_too(cache):
    for name in ("2.10", "2.4", "1.15"):
        make_environment(cache, name, WHOLE)
    make_environment(cache, "2.14", "{half")
    make_environment(cache, "2.13.part", WHOLE)
    (cache / "2.4.txt").touch()
    assert [name for name, _ in list_environments()] == ["1.15", "2.4", "2.10", "2.14"]
    assert dict(list_environments())["2.14"] is None


def test_leftovers_of_killed_builds_are_removed_and_nothing_else(cache):
    make_environment(cache, "2.15", WHOLE)
    (cache / "2.4.part").mkdir()
    (cache / "2.4.part" / "file").write_text("12345")
    assert remove_leftovers() == {"2.4": 5}
    assert read_built(cache / "2.15") is not None
    assert not (cache / "2.4.part").exists()


@pytest.mark.parametrize(
    "pins", ["", "numpy==1.26.4\n", "tensorflow-cpu==2.15.0\nnum py\n", "tensorflow-cpu==2.15.0"]
)
def test_a_damaged_lock_is_told_and_not_used(tmp_path, pins):
    lock, said = tmp_path / "2.15.txt", []
    lock.write_text(pins)
    assert read_lock(lock, find_release("2.15"), said.append) == ""
    assert said == ["its lock is damaged, so the packages are resolved again"]


def test_requirements_are_those_of_the_lock_and_name_no_index(cache):
    pins = "".join(f"{each.partition('==')[0]}==1\n" for each in find_release("2.15").requirements)
    (cache / "2.15.txt").write_text(pins)
    lines = write_requirements("2.15").splitlines()
    assert [line for line in lines if line[0] != "#"] == pins.splitlines()
    assert "2024-01-31" in lines[0]
    assert "Python 3.11" in lines[1]


def test_an_exact_patch_is_of_any_date_and_the_rest_of_the_releases_day():
    release = find_release("2.16.2+legacy")
    package = release.requirements[0].partition("==")[0]
    assert release.name == "2.16.2+legacy"
    assert release.requirements == (f"{package}==2.16.2", "tf-keras==2.16.*")
    assert limit_dates(release) == [
        "--exclude-newer",
        "2024-08-01",
        f"--exclude-newer-package={package}=2099-01-01",
    ]


@pytest.mark.parametrize(
    ("name", "wheel"),
    [
        ("1.15+gpu", "tensorflow-gpu==1.15.*"),
        ("2.4+gpu", "tensorflow==2.4.*"),
        ("2.15.1+gpu", "tensorflow[and-cuda]==2.15.1"),
        ("2.16+gpu+legacy", "tensorflow[and-cuda]==2.16.*"),
        ("nightly+gpu", "tf-nightly[and-cuda]"),
    ],
)
def test_gpu_wheels_are_the_package_of_the_release(name, wheel):
    assert find_release(name).requirements[0] == wheel


def test_an_environment_is_found_by_the_name_it_is_listed_by():
    listed = find_release("2.16", ("keras==3.15.1", "h5py<4"))
    assert folder_name(find_release(listed.name)) == folder_name(listed)


def test_where_there_is_no_cpu_wheel_the_plain_package_is_taken(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert name_wheel("2.15") == "tensorflow"


def test_the_newest_python_of_pyenv_is_taken_by_number(tmp_path, monkeypatch):
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    for version in ("3.9.9", "3.9.18", "3.9.20-dev"):
        python = tmp_path / "versions" / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch(mode=0o755)
    assert find_python("3.9").endswith("/3.9.18/bin/python")
    assert find_python("3.8") == "3.8"


def test_a_uv_that_is_killed_is_told_from_one_that_fails():
    release = find_release("2.15")
    assert "signal 9" in explain_uv_failure(release, "", -9).found
    assert explain_uv_failure(release, "something new", 2).found == "something new"
