"""`show`: one run again, from the database or from a result file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import DEFAULT_REPORTS, FormatOption, ReportsOption, check_format
from harness.errors import CHANGED, EXPECTED, UsageError


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's number, or a result file.")],
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="ID", help="Show what a scenario's steps printed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON.")] = False,
    style: FormatOption = "simple",
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Print a run again, as it was printed when it ended."""
    from harness.cli.output import next_step, present
    from harness.documents import make_document, read_document
    from harness.report.summary import any_changed
    from harness.store import Store

    check_format(style)
    if run.isdecimal():
        store = Store(reports)
        if output:
            typer.echo(show_output(store.load_output(store.load(int(run)).id, output), output))
            return
        document = make_document(store.load(int(run)))
    else:
        document = read_document(Path(run))
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    elif not document["outcomes"]:
        typer.echo("This run has no outcomes yet.\nNext: python -m harness run --resume")
    else:
        typer.echo(present(document, style))
        typer.echo(next_step(document))
    raise typer.Exit(CHANGED if any_changed(document["outcomes"]) else EXPECTED)


def show_output(rows: list[tuple[str, str, int, str]], scenario: str) -> str:
    """Return what the steps of one scenario printed, path by path."""
    if not rows:
        raise UsageError(
            f"the run has no outcomes of {scenario}", "", "see: python -m harness show RUN"
        )
    blocks = [
        f"--- {path}, {device}, seed {seed} ---\n{said.strip() or '(nothing)'}"
        for path, device, seed, said in rows
    ]
    return "\n\n".join(blocks)
