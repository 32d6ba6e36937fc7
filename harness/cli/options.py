"""Options that several commands share, and the sentences for their mistakes."""

import os
import re
import shutil
from pathlib import Path
from typing import Annotated

import typer

from harness.catalog.load import PACKAGED, Catalog, read_catalog
from harness.errors import UsageError
from harness.program import command_line

ScenariosOption = Annotated[
    Path | None,
    typer.Option("--scenarios", help="Folder of scenarios (default: the ones that came with it)."),
]
ReportsOption = Annotated[
    Path, typer.Option("--reports", help="Folder where runs are kept.", show_default=True)
]
FormatOption = Annotated[
    str, typer.Option("--format", help="Any tabulate table format: simple, github, html, ...")
]
PythonOption = Annotated[
    str, typer.Option(help="The interpreter whose TensorFlow is used.", show_default=False)
]
LegacyKerasOption = Annotated[
    bool, typer.Option("--legacy-keras", help="Let tf.keras be tf_keras, a Keras 2.")
]
TensorFlowOption = Annotated[
    list[str] | None,
    typer.Option("--tf", metavar="RELEASE...", help="Releases of `env`, built where they are not."),
]
DEFAULT_REPORTS = Path("reports")
MANY = ("--tf", "--writer", "--reader")  # options that take as many releases as follow
RELEASE = re.compile(
    r"\d+\.\d+|nightly|this(\+legacy)?$|\+legacy$|.*[/\\\\]"
)  # what looks like one


def spread_releases(arguments: list[str]) -> list[str]:
    """Turn `--tf 1.15 2.4` into `--tf 1.15 --tf 2.4`, which is what Typer reads."""
    arguments = split_at_commas(arguments)
    spread: list[str] = []
    option = ""  # the one whose values we are at
    for word, before in zip(arguments, ["", *arguments], strict=False):
        if word.startswith("-"):
            option = word if word in MANY else ""
        elif option and before != option and not RELEASE.match(word):
            option = ""
        elif option and before != option:
            spread.append(option)
        spread.append(word)
    return spread


def split_at_commas(arguments: list[str]) -> list[str]:
    """Turn `2.15,2.21` into two words, where every part of it looks like a release."""
    words: list[str] = []
    for word in arguments:
        parts = word.split(",")
        releases = len(parts) > 1 and all(re.fullmatch(r"[\w.]+(\+\w+)*", each) for each in parts)
        named = releases and all(RELEASE.match(each) for each in parts)
        words += parts if named else [word]
    return words


def suggest(command: str, reports: Path | None = None, scenarios: Path | None = None) -> str:
    """Return `command` as it must be typed, with the folders that are not the default ones."""
    words = command_line(command)
    if scenarios not in (None, PACKAGED):
        words += f" --scenarios {scenarios}"
    if reports not in (None, DEFAULT_REPORTS):
        words += f" --reports {reports}"
    return words


def open_catalog(root: Path | None) -> Catalog:
    """Read the catalog and say on stderr what is wrong with which file."""
    catalog = read_catalog(root)
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


def find_interpreter(name: str) -> str:
    """Return the absolute path behind --python: workers, and a later --resume, start elsewhere.

    Raises UsageError where there is no such file.
    """
    from harness.environments.interpreter import find_path

    path, _ = find_path(os.path.abspath(shutil.which(name) or name))
    return path
