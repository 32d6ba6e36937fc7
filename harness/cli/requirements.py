"""`env requirements`: print the pins of a release, for pip."""

import shlex
from typing import Annotated

import typer

from harness.program import command_line

Name = Annotated[str, typer.Argument(metavar="RELEASE", help="2.15, 2.16+legacy, ...")]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="PACKAGE", help="An extra package: keras==3.15.1."),
]


def print_requirements(name: Name, extra: With = None) -> None:
    """Print a requirements file for a release, with packages of the release's day."""
    from harness.environments.requirements import write_requirements

    typer.echo(write_requirements(name, tuple(extra or ())))
    again = shlex.join(["run", "--all", "--tf", " with ".join([name, *(extra or ())])])
    typer.echo(f"Next: {command_line(again)}", err=True)


def print_requirements_as_before(name: Name, extra: With = None) -> None:
    """Do the same as `env requirements`; this was the command's name in version 0.3."""
    now = command_line("env requirements")
    typer.echo(f"`requirements` is now called `env requirements`. Please write: {now}", err=True)
    print_requirements(name, extra)
