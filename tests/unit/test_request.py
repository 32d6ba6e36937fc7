"""What is kept of a request means the same to whoever resumes it: execution/request.py."""

import os
import subprocess
import sys

import pytest

from harness.environments.interpreter import is_same_interpreter
from harness.errors import UsageError
from harness.execution.request import RunRequest, read_request


def test_paths_are_kept_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["2.15", "this+legacy", "venv/bin/python+legacy"]
    request = RunRequest(scenarios=[], root="mine", releases=names, readers=["./python"])
    kept = request.to_json()
    monkeypatch.chdir("/")
    request = read_request(kept)
    assert request.root == str(tmp_path / "mine")
    assert request.releases == ["2.15", "this+legacy", f"{tmp_path}/venv/bin/python+legacy"]
    assert request.readers == [str(tmp_path / "python")]


def test_a_request_that_lacks_something_is_read_and_another_thing_is_refused():
    assert read_request({"command": ["run"]}).command == ["run"]
    with pytest.raises(UsageError, match="what was asked of a run cannot be read"):
        read_request({"scenarios": 7, "root": ""})


@pytest.fixture
def make_venv(tmp_path):
    def make(name):
        folder = tmp_path / name
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        return folder / "bin"

    return make


def test_one_interpreter_under_two_names_is_the_same_and_two_environments_are_not(
    make_venv, tmp_path
):
    first, second = make_venv("first"), make_venv("second")
    assert os.path.realpath(first / "python") == os.path.realpath(second / "python")
    assert is_same_interpreter(str(first / "python"), str(first / "python3"))
    (tmp_path / "link").symlink_to(first)
    assert is_same_interpreter(str(first / "python"), str(tmp_path / "link" / "python3"))
    assert not is_same_interpreter(str(first / "python"), str(second / "python"))
    base = os.path.realpath(first / "python")
    assert not is_same_interpreter(str(first / "python"), base)
    (tmp_path / "elsewhere").symlink_to(base)
    assert is_same_interpreter(str(tmp_path / "elsewhere"), base)


def test_our_own_interpreter_under_another_name_is_still_ours(make_venv, monkeypatch):
    folder = make_venv("venv")
    monkeypatch.setattr(sys, "executable", str(folder / "python3"))
    request = RunRequest(scenarios=[], root="", interpreter=str(folder / "python"))
    assert request.environments == [""]
