"""How the user started this program, so that tips show commands that can be typed."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import PurePath

MOST_DIGITS = 18  # of the number of a run
REPORTS = PurePath("reports")  # where runs are kept, unless `--reports` says otherwise
MODULE, INSTALLED = "python -m harness", "restorebench"
READING = {"list", "search", "explain", "new", "index", "artifact"}
TAKERS = {  # which commands take which folder
    "--scenarios": {*READING, "run", "check", "diff", "gpu-report"},
    "--reports": {"run", "check", "diff", "bench", "gpu-report", "runs", "show"},
}
folders: dict[str, str] = {}  # the folders that the user gave with TAKERS' options


def program_name() -> str:
    """Return the words that start this program: the installed command, or `python -m harness`."""
    return INSTALLED if PurePath(sys.argv[0]).stem == INSTALLED else MODULE


def remember_folders(given: Mapping[str, object]) -> None:
    """Note the folders that were given to the command under way, for the commands in its tips."""
    folders.clear()
    folders.update({option: str(folder) for option, folder in given.items() if folder})


def command_line(words: str, reports: PurePath | None = None) -> str:
    """Return a command as the user must type it: `words` after the program's name.

    With the folders that the user gave, if the command takes them. `reports` is for what knows its
    folder of runs by itself.
    """
    known = folders if reports is None else folders | {"--reports": str(reports)}
    for option, folder in known.items():
        taken = words.split()[0] in TAKERS[option] and option not in words.split()
        usual = option == "--reports" and PurePath(folder) == REPORTS
        of_the_run = option == "--scenarios" and "--resume" in words
        if taken and not usual and not of_the_run:
            words += f" {option} {shlex.quote(folder)}"
    return f"{program_name()} {words}"


def is_number(word: str) -> bool:
    """Return whether a word is the number of a run: longer ones no database and no Python takes."""
    return word.isdecimal() and len(word) <= MOST_DIGITS
