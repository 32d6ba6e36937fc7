"""The words for what came back. Imports nothing: `list` reads them too."""

from typing import Literal, get_args

Verdict = Literal[
    "match", "zeros", "constant", "nan", "shape", "differs", "error", "crash", "timeout", "skip"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
# The gravest first.
SEVERITY: tuple[Verdict, ...] = (
    "crash",
    "timeout",
    "error",
    "nan",
    "zeros",
    "shape",
    "constant",
    "differs",
    "match",
    "skip",
)
