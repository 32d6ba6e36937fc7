"""Options that several commands share, and the sentences for their mistakes."""

import os
import shlex
import shutil
from pathlib import Path
from typing import Annotated

import typer

from harness.api import read_lessons
from harness.catalog.load import PACKAGED, Catalog
from harness.errors import UsageError
from harness.program import REPORTS, command_line

ScenariosOption = Annotated[
    Path | None,
    typer.Option(
        "--scenarios", metavar="FOLDER", help="Scenarios of your own instead of those installed."
    ),
]
ReportsOption = Annotated[
    Path,
    typer.Option("--reports", metavar="FOLDER", help="Where runs are kept.", show_default=True),
]
FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        help="How tables look: simple, github, html or any of tabulate's formats.",
        show_default=False,
    ),
]
PythonOption = Annotated[
    str,
    typer.Option(
        metavar="PATH", help="Use the TensorFlow of this interpreter.", show_default=False
    ),
]
LegacyKerasOption = Annotated[
    bool, typer.Option("--legacy-keras", help="Use Keras 2: let tf.keras be tf_keras.")
]
DEFAULT_REPORTS = Path(REPORTS)


def suggest(command: str, reports: Path | None = None, scenarios: Path | None = None) -> str:
    """Return `command` as it must be typed, with the folders that are not the default ones."""
    if scenarios not in (None, PACKAGED):
        command += f" --scenarios {shlex.quote(str(scenarios))}"
    return command_line(command, reports)


def open_catalog(root: Path | None) -> Catalog:
    """Read the catalog and say on stderr what is wrong with which file."""
    catalog = read_lessons(root)
    for problem in catalog.problems:
        typer.echo(f"ERROR  {problem}", err=True)
    return catalog


def check_format(name: str) -> str:
    """Return `name` if tabulate knows it; raises UsageError otherwise."""
    from tabulate import tabulate_formats

    if name not in tabulate_formats:
        raise UsageError(
            f"unknown table format: {name}",
            "known: " + ", ".join(tabulate_formats),
            command_line("run --all --format github"),
        )
    return name


def resolve_interpreter(name: str) -> str:
    """Return the absolute path behind --python: workers, and a later --resume, start elsewhere.

    Raises UsageError where there is no such file.
    """
    from harness.environments.interpreter import find_path

    path, _ = find_path(os.path.abspath(shutil.which(name) or name))
    return path
