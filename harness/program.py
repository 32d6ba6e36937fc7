"""How the user started this program, so that tips show commands that can be typed."""

import sys
from pathlib import PurePath

MODULE, INSTALLED = "python -m harness", "restorebench"


def program_name() -> str:
    """Return the words that start this program: the installed command, or `python -m harness`."""
    return INSTALLED if PurePath(sys.argv[0]).stem == INSTALLED else MODULE


def command_line(words: str) -> str:
    """Return a command line for the user to type: the program's name, then `words`."""
    return f"{program_name()} {words}"
