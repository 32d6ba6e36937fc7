"""The words for what came back. Imports nothing: `list` reads them too."""

from typing import Literal

Verdict = Literal[
    "match", "zeros", "constant", "nan", "shape", "differs", "error", "crash", "timeout", "skip"
]
VERDICTS: tuple[Verdict, ...] = (
    "match",
    "zeros",
    "constant",
    "nan",
    "shape",
    "differs",
    "error",
    "crash",
    "timeout",
    "skip",
)
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
