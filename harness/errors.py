"""The errors that a user can meet: each has one clear sentence, and a tip for the next step."""

import difflib
from collections.abc import Sequence

EXPECTED, CHANGED, USAGE, UNUSABLE, INTERRUPTED = 0, 1, 2, 3, 130


class RestorebenchError(Exception):
    """A problem that the user can solve; never shown as a traceback.

    problem: what is wrong, in one sentence. found: what was found instead. tip: what to do.
    exit_code: 2 for usage, 3 for an environment that cannot be used.
    """

    exit_code = USAGE

    def __init__(self, problem: str, found: str = "", tip: str = "") -> None:
        super().__init__(problem)
        self.problem, self.found, self.tip = problem, found, tip
        for line in filter(None, (found, tip)):  # Python shows them under a traceback
            self.add_note(printable(line))

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.problem, self.found, self.tip)  # from another machine, whole

    def render(self) -> str:
        """Return the message for the user: ERROR, what was found, TIP."""
        lines = [f"ERROR  {self.problem}"]
        lines += [f"       {line}" for line in self.found.split("\n") if self.found]
        lines += [f"TIP    {self.tip}"] if self.tip else []
        return printable("\n".join(lines))

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in a notebook, in place of a traceback."""
        return self.render().split("\n")


def printable(text: str) -> str:
    """Return a text without what steers a terminal, as `\\x1b`; it keeps its lines.

    Whatever was read in a file, or names a file, goes through here before it is shown.
    """
    return "".join(
        each if each.isprintable() or each == "\n" else f"\\x{ord(each):02x}" for each in text
    )


def count(number: int, noun: str) -> str:
    """Return "1 path", "2 paths"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class UsageError(RestorebenchError):
    """The request cannot be carried out as written."""


class EnvironmentUnusable(RestorebenchError):
    """TensorFlow, the disk or the database does not work."""

    exit_code = UNUSABLE


class ImportFails(EnvironmentUnusable):
    """TensorFlow is there, and its import fails."""


class CannotWrite(EnvironmentUnusable):
    """The disk or the database cannot be written at the moment. The run can be resumed."""


class Interrupted(RestorebenchError):
    """The user has interrupted a run; `tip` is how to finish it, "" where nothing was kept."""

    exit_code = INTERRUPTED

    def __init__(self, tip: str = "") -> None:
        super().__init__("Interrupted.", tip=tip)

    def render(self) -> str:
        """Return one line: an interruption is no error."""
        return f"{self.problem} {self.tip}".rstrip()


def advise(word: str, known: Sequence[str]) -> tuple[str, str]:
    """Return the known words for an unknown word, and a tip: the one that was probably meant."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return (
        f"known: {', '.join(known)}",
        f"did you mean {near[0]}?" if near else "give one of the known words",
    )
