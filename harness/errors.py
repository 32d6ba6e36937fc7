"""What can go wrong for a user, each said in one clear sentence and with what to do next."""

import difflib
from collections.abc import Sequence

EXPECTED, CHANGED, USAGE, UNUSABLE, INTERRUPTED = 0, 1, 2, 3, 130


class RestorebenchError(Exception):
    """A problem the user can do something about; never shown as a traceback.

    problem: what was wrong, one sentence. found: what was seen instead. tip: what to do.
    exit_code: 2 for usage, 3 for an environment that cannot be used.
    """

    exit_code = USAGE

    def __init__(self, problem: str, found: str = "", tip: str = "") -> None:
        super().__init__(problem)
        self.problem, self.found, self.tip = problem, found, tip

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.problem, self.found, self.tip)  # from another machine, whole

    def render(self) -> str:
        """Return the message as the user reads it: ERROR, what was found, TIP."""
        lines = [f"ERROR  {self.problem}"]
        lines += [f"       {line}" for line in self.found.splitlines()]
        lines += [f"TIP    {self.tip}"] if self.tip else []
        return "\n".join(lines)


class UsageError(RestorebenchError):
    """The request cannot be carried out as written."""


class EnvironmentUnusable(RestorebenchError):
    """TensorFlow, the disk or the database does not work here."""

    exit_code = UNUSABLE


class CannotWrite(EnvironmentUnusable):
    """The disk or the database cannot be written just now: the run can be resumed."""


class Interrupted(RestorebenchError):
    """The user has interrupted a run; `tip` is how to finish it, "" where nothing was kept."""

    exit_code = INTERRUPTED

    def __init__(self, tip: str = "") -> None:
        super().__init__("Interrupted.", tip=tip)

    def render(self) -> str:
        """Return one line: an interruption is no error."""
        return f"{self.problem} {self.tip}".rstrip()


def advise(word: str, known: Sequence[str]) -> tuple[str, str]:
    """Return what is known, and which of it was probably meant, for a word that is not."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"known: {', '.join(known)}", f"did you mean {near[0]}?" if near else ""
