"""`new`: start a scenario from a template that runs."""

import re
from typing import Annotated

import typer

from harness.catalog.load import PACKAGED
from harness.catalog.scenario import FAMILIES
from harness.catalog.template import TEMPLATE
from harness.cli.options import ScenariosOption
from harness.errors import UsageError, advise
from harness.program import command_line


def file_name(identifier: str) -> str:
    """Return the file name for a scenario's id."""
    return f"{identifier.replace('-', '_')}.py"


def new(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Words joined by hyphens.")],
    family: Annotated[str, typer.Option(metavar="NAME", help=", ".join(FAMILIES))] = "restore",
    scenarios: ScenariosOption = None,
) -> None:
    """Start a scenario: write a file that runs, to be filled in with your failure."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identifier):
        raise UsageError(
            f"not a valid id: {identifier}", "", "use small letters, digits and hyphens"
        )
    if family not in FAMILIES:
        raise UsageError(f"unknown family: {family}", *advise(family, FAMILIES))
    root = scenarios or PACKAGED
    if scenarios is None and not (root.parent / "pyproject.toml").exists():
        raise UsageError(
            "the scenarios here are an installed package, which an upgrade replaces",
            str(root),
            command_line(f"new {identifier} --family {family} --scenarios my-scenarios"),
        )
    if len(identifier) > 40:
        raise UsageError("the id is too long for the tables", "", "use at most 40 characters")
    folder = root / family
    taken = [other for other in FAMILIES if (root / other / file_name(identifier)).exists()]
    if taken:
        raise UsageError(f"{identifier} exists in {taken[0]}", "", "choose another id")
    file = folder / file_name(identifier)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(TEMPLATE.format(identifier=identifier, family=family))
    except OSError as error:
        raise UsageError(
            f"cannot write {file}", str(error), "name a folder with --scenarios"
        ) from error
    typer.echo(f"Wrote {file}")
    typer.echo("Fill in the file.")
    typer.echo(f"Next: {command_line(f'check {identifier}')}")
