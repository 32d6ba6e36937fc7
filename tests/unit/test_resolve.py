"""From a name to an environment, and which one whoever names none gets. Nothing is built here."""

import importlib
import sys
import tomllib
from pathlib import Path

import pytest

from harness.environments import resolve
from harness.environments.cache import python_of
from harness.environments.interpreter import check_has_tensorflow
from harness.environments.releases import NEWEST, NEWEST_MEGABYTES
from harness.environments.resolve import (
    check_name,
    has_own_tensorflow,
    is_installed,
    open_environment,
)
from harness.errors import EnvironmentUnusable, UsageError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def built(tmp_path, monkeypatch):
    """The releases that were built, in folders of `tmp_path`."""
    names = []

    def build(release, say=None):
        assert say is not None
        names.append(release.name)
        (tmp_path / release.name).mkdir(exist_ok=True)
        return tmp_path / release.name, {}

    monkeypatch.setattr(resolve, "build", build)
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(tmp_path))
    return names


@pytest.fixture
def no_tensorflow(monkeypatch):
    monkeypatch.setattr(resolve, "has_own_tensorflow", lambda: False)


def test_a_folder_called_tensorflow_is_none_to_an_interpreter_that_is_named(tmp_path, monkeypatch):
    (tmp_path / "tensorflow").mkdir()
    monkeypatch.chdir(tmp_path)
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # without site-packages
    bare.chmod(0o755)
    with pytest.raises(EnvironmentUnusable, match="TensorFlow is not installed for"):
        check_has_tensorflow(str(bare))


def test_our_own_tensorflow_is_taken_where_nothing_is_named(built, monkeypatch):
    monkeypatch.setattr(resolve, "has_own_tensorflow", lambda: True)
    assert open_environment("this+legacy").legacy_keras
    assert open_environment("") == open_environment("this")
    assert open_environment("+legacy") == open_environment("this+legacy")
    assert open_environment("").interpreter == sys.executable
    assert built == []


@pytest.mark.usefixtures("no_tensorflow")
@pytest.mark.parametrize("variant", ["", "+legacy"])
def test_without_one_the_newest_release_is_built_and_its_download_is_told_once(
    built, variant, tmp_path, capsys
):
    environment = open_environment(variant)
    assert environment.interpreter == str(python_of(tmp_path / f"{NEWEST}{variant}"))
    assert environment.legacy_keras == bool(variant)
    assert built == [f"{NEWEST}{variant}"]
    (said,) = capsys.readouterr().err.splitlines()
    assert f"uv builds release {NEWEST}{variant} in {tmp_path / NEWEST}{variant} now" in said
    assert f"a download of about {NEWEST_MEGABYTES} MB" in said


@pytest.mark.usefixtures("built", "no_tensorflow")
def test_what_is_there_already_is_not_told(tmp_path, capsys):
    (tmp_path / NEWEST).mkdir()
    open_environment("")
    open_environment("2.15")  # named: whoever does that knows
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("no_tensorflow")
def test_without_a_tensorflow_this_is_a_sentence_and_nothing_is_built(built):
    for spec in ("this", "this+legacy"):
        with pytest.raises(EnvironmentUnusable, match="TensorFlow is not installed for"):
            open_environment(spec)
    assert built == []


def test_a_folder_called_tensorflow_is_no_tensorflow(tmp_path, monkeypatch):
    (tmp_path / "tensorflow").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert not has_own_tensorflow()
    (tmp_path / "tensorflow" / "__init__.py").touch()
    importlib.invalidate_caches()
    assert has_own_tensorflow()


def test_the_newest_release_is_the_one_of_the_tensorflow_extra():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [f"tensorflow=={NEWEST}.*", f"tf-keras=={NEWEST}.*"]
    assert project["optional-dependencies"]["tensorflow"] == wanted


def test_what_names_no_environment_is_refused(tmp_path):
    for name in ("", "this", "+legacy", "this+legacy", sys.executable, "2.15"):
        check_name(name)
    with pytest.raises(UsageError, match="not an interpreter"):
        check_name(str(tmp_path / "python"))
    with pytest.raises(UsageError, match="unknown release"):
        check_name("2.99")


def test_an_interpreter_is_used_where_it_is_and_a_release_is_built():
    assert all(map(is_installed, ("this", "this+legacy", "~/tf/bin/python", sys.executable)))
    assert not any(map(is_installed, ("2.15", "nightly", "2.16 with keras @ file:///tmp/k.whl")))
