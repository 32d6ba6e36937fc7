"""Options of the commands that restore somebody's model."""

from pathlib import Path
from typing import Annotated

import typer

CodeOption = Annotated[
    Path | None,
    typer.Option(
        "--code", metavar="FILE.py", help="A Python file with the classes that the model needs."
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
