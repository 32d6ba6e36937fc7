"""The commands that a program's output tells the reader to type."""

import re
import shlex
from dataclasses import dataclass

PROGRAM = "python -m harness"


@dataclass(frozen=True)
class Suggestion:
    """A command in a line of output; `line` is the whole line."""

    line: str
    command: str

    @property
    def words(self) -> list[str]:
        """Return what follows the program's name, as a shell would split it."""
        typed = shlex.split(self.command)
        return typed[: typed.index(">")] if ">" in typed else typed


def find_suggestions(output: str) -> list[Suggestion]:
    """Return every command in an output: from the program's name to ", or" or the line's end."""
    return [
        Suggestion(line, found.removeprefix(PROGRAM).strip())
        for line in output.splitlines()
        if not line.startswith("Usage: ")
        for found in re.split(r", or(?: see)?: ", line[line.find(PROGRAM) :])
        if PROGRAM in line and found.startswith(PROGRAM)
    ]


def find_unpasteable(output: str) -> list[str]:
    """Return the `Next:` lines that are not one command and nothing else."""
    lines = [line for line in output.splitlines() if line.startswith("Next")]
    return [line for line in lines if not line.startswith(f"Next: {PROGRAM} ")]
