"""Fixtures of the command line's tests."""

import sys

import pytest

from harness.cli import call_app
from tests.conftest import Ended


@pytest.fixture
def call(monkeypatch, tmp_path, capsys):
    """The command line called in this process, in an empty folder: no interpreter to start."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(tmp_path / "environments"))

    def call(*arguments, program="harness/__main__.py"):
        monkeypatch.setattr(sys, "argv", [program, *map(str, arguments)])
        return Ended(call_app(), *capsys.readouterr())

    return call
