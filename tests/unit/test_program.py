"""The program's name in a tip is the one that was typed."""

import sys

import pytest

from harness.program import command_line


@pytest.mark.parametrize(
    ("started", "said"),
    [
        ("/home/ada/.venv/bin/restorebench", "restorebench runs"),
        ("restorebench.exe", "restorebench runs"),
        ("/home/ada/restorebench/harness/__main__.py", "python -m harness runs"),
        ("/usr/bin/pytest", "python -m harness runs"),
    ],
)
def test_a_tip_names_the_program_as_it_was_started(monkeypatch, started, said):
    monkeypatch.setattr(sys, "argv", [started, "run", "--resume"])
    assert command_line("runs") == said
