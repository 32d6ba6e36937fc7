"""`requirements`: the pins of a release, for pip."""

import shlex
from typing import Annotated

import typer

from harness.program import command_line


def print_requirements(
    name: Annotated[str, typer.Argument(metavar="RELEASE", help="2.15, 2.16+legacy, ...")],
    extra: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PACKAGE", help="Another requirement: keras==3.15.1."),
    ] = None,
) -> None:
    """Print what pip needs to install a release with the packages of its day."""
    from harness.environments.requirements import write_requirements

    typer.echo(write_requirements(name, tuple(extra or ())))
    again = shlex.join(["run", "--all", "--tf", " with ".join([name, *(extra or ())])])
    typer.echo(f"Next: {command_line(again)}", err=True)
