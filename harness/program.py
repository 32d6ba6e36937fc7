"""How the user started this program, so that tips show commands that can be typed."""

import shlex
import sys
from pathlib import PurePath

REPORTS = PurePath("reports")  # where runs are kept, unless `--reports` says otherwise
MODULE, INSTALLED = "python -m harness", "restorebench"


def program_name() -> str:
    """Return the words that start this program: the installed command, or `python -m harness`."""
    return INSTALLED if PurePath(sys.argv[0]).stem == INSTALLED else MODULE


def command_line(words: str, reports: PurePath | None = None) -> str:
    """Return a command as the user must type it: `words` after the program's name.

    With the folder where runs are kept, unless that is the one it would be anyway.
    """
    where = "" if reports in (None, REPORTS) else f" --reports {shlex.quote(str(reports))}"
    return f"{program_name()} {words}{where}"
