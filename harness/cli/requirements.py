"""`env requirements`: the pins of a release, for pip."""

import shlex
from typing import Annotated

import typer

from harness.program import command_line

Name = Annotated[str, typer.Argument(metavar="RELEASE", help="2.15, 2.16+legacy, ...")]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="PACKAGE", help="A package besides: keras==3.15.1."),
]


def print_requirements(name: Name, extra: With = None) -> None:
    """Print what pip needs to install a release with the packages of its day."""
    from harness.environments.requirements import write_requirements

    typer.echo(write_requirements(name, tuple(extra or ())))
    again = shlex.join(["run", "--all", "--tf", " with ".join([name, *(extra or ())])])
    typer.echo(f"Next: {command_line(again)}", err=True)


def print_requirements_as_before(name: Name, extra: With = None) -> None:
    """Do what `env requirements` does: its name in 0.3."""
    now = command_line("env requirements")
    typer.echo(f"`requirements` is called `env requirements` now; please write: {now}", err=True)
    print_requirements(name, extra)
