"""How this program was started: what a tip tells the user to type."""

import sys
from pathlib import PurePath

MODULE, INSTALLED = "python -m harness", "restorebench"


def program_name() -> str:
    """Return what the user types to start this program: the installed command, or the module."""
    return INSTALLED if PurePath(sys.argv[0]).stem == INSTALLED else MODULE


def command_line(words: str) -> str:
    """Return a command as the user must type it: `words` after the program's name."""
    return f"{program_name()} {words}"
