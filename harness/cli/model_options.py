"""Options of the commands that restore somebody's model."""

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UsageError


def check_code(code: Path | None) -> Path | None:
    """Return the file that --code names; raises UsageError where there is none."""
    if code is not None and not code.is_file():
        raise UsageError(f"there is no file {code}", "", "--code needs a Python file")
    return code


CodeOption = Annotated[
    Path | None,
    typer.Option(
        "--code",
        metavar="FILE.py",
        help="A Python file with the classes that the model needs.",
        callback=check_code,
    ),
]
InputsOption = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        metavar="FILE.npy",
        help="Feed these inputs (.npz: by name) instead of drawn ones.",
    ),
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust", help="Let code in the file run: in the cage, or where there is none, freely."
    ),
]
