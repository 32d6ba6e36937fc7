"""`index`: write scenarios/README.md, or check that the file is up to date."""

from typing import Annotated

import typer

from harness.catalog.load import PACKAGED
from harness.cli.options import ScenariosOption, open_catalog
from harness.errors import CHANGED, USAGE, UsageError, count
from harness.program import command_line


def index(
    only_check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit code 1 if README.md is out of date."),
    ] = False,
    scenarios: ScenariosOption = None,
) -> None:
    """Write the table of all scenarios: README.md in the scenarios' folder."""
    from harness.catalog.index import INDEX_NAME, MARK, write_index

    catalog = open_catalog(scenarios)
    if catalog.problems:
        raise typer.Exit(USAGE)
    file = catalog.root / INDEX_NAME
    text = write_index(catalog)
    try:
        there = file.read_bytes() if file.exists() else None
    except OSError as error:
        raise UsageError(f"cannot read {file}", str(error), "") from error
    if only_check:
        if there != text.encode():
            typer.echo(f"{file} is out of date.")
            typer.echo(f"Next: {command_line('index')}")
            raise typer.Exit(CHANGED)
        typer.echo(f"{file} is up to date.")
        typer.echo(f"Next: {command_line('list')}")
        return
    if there is not None and MARK.encode() not in there:
        raise UsageError(
            f"{file} was not written by this command",
            "its content would be lost",
            "move the file away, or name another folder with --scenarios",
        )
    if scenarios is None and not (PACKAGED.parent / "pyproject.toml").exists():
        raise UsageError("the scenarios here are an installed package", str(catalog.root), "")
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}", str(error), "") from error
    typer.echo(f"Wrote {file} ({count(len(catalog.scenarios), 'scenario')}).")
    typer.echo(f"Next: {command_line('index --check')}")
