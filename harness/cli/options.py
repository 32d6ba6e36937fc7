"""Options that several commands share, and the errors for wrong values."""

import contextlib
import glob
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.api import read_lessons
from harness.catalog.load import PACKAGED, Catalog
from harness.errors import UsageError
from harness.program import REPORTS, command_line, folders

ScenariosOption = Annotated[
    Path | None,
    typer.Option("--scenarios", metavar="FOLDER", help="A folder of your own scenarios."),
]
ReportsOption = Annotated[
    Path,
    typer.Option(
        "--reports", metavar="FOLDER", help="The folder where runs are saved.", show_default=True
    ),
]
FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        help="Format of tables: simple, github, html or another format of tabulate.",
        show_default=False,
    ),
]
PythonOption = Annotated[
    str,
    typer.Option(metavar="PATH", help="Use this interpreter's TensorFlow.", show_default=False),
]
LegacyKerasOption = Annotated[
    bool, typer.Option("--legacy-keras", help="Use Keras 2: tf.keras becomes tf_keras.")
]
JUnitOption = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Write JUnit XML, for a CI server."),
]
AnnotationsOption = Annotated[
    bool,
    typer.Option(
        "--annotations/--no-annotations",
        help="Print GitHub's workflow commands on stderr [default: where GITHUB_ACTIONS=true].",
        show_default=False,
    ),
]
DEFAULT_REPORTS = Path(REPORTS)
ON_GITHUB = os.environ.get("GITHUB_ACTIONS") == "true"


def number_between(least: float, most: float) -> Callable[[str], float]:
    """Return what reads the number of an option; nan, which no comparison refuses, is none."""

    def read(given: str) -> float:
        with contextlib.suppress(ValueError):
            if least <= float(given) <= most:
                return float(given)
        raise typer.BadParameter(f"{given} is no number from {least:g} to {most:g}")

    return read


read_seconds = number_between(0.1, 24 * 60 * 60)  # of a time limit


def use_scenarios_of(request: Mapping[str, Any]) -> None:
    """Have tips name the scenarios' folder of a kept run, unless the user has named one."""
    root = request.get("root")
    if root and Path(root) != PACKAGED:
        folders.setdefault("--scenarios", str(root))


def suggest_lesson(identifier: str) -> str:
    """Return the command that explains a scenario; that lists them, if the scenario is not here."""
    root = Path(folders.get("--scenarios", PACKAGED))
    there = any(root.glob(f"*/{glob.escape(identifier.replace('-', '_'))}.py"))
    return command_line(f"explain {identifier}" if there else "list")


def open_catalog(root: Path | None) -> Catalog:
    """Read the catalog, and print on stderr the mistakes in each file."""
    catalog = read_lessons(root)
    for problem in catalog.problems:
        typer.echo(f"ERROR  {problem}", err=True)
    return catalog


def check_format(name: str) -> str:
    """Return `name` if it is a format of tabulate; raises UsageError otherwise."""
    from tabulate import tabulate_formats

    if name not in tabulate_formats:
        raise UsageError(
            f"unknown table format: {name}",
            "known: " + ", ".join(tabulate_formats),
            command_line("run --all --format github"),
        )
    return name


def resolve_interpreter(name: str) -> str:
    """Return the absolute path given with --python.

    Workers and a later --resume may start in another folder.

    Raises UsageError if the file does not exist.
    """
    from harness.environments.interpreter import find_path

    path, _ = find_path(os.path.abspath(shutil.which(name) or name))
    return path
