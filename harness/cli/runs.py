"""`runs`: the runs that are kept."""

import json
from typing import Annotated

import typer

from harness.cli.options import DEFAULT_REPORTS, FormatOption, ReportsOption, check_format, suggest
from harness.program import command_line


def list_runs(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    style: FormatOption = "simple",
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """List the runs kept in the reports folder, newest first."""
    from tabulate import tabulate

    from harness.results.store import Store

    check_format(style)
    store = Store(reports)
    rows = [
        {
            "run": run.id,
            "created": run.created,
            "state": "finished" if run.finished else "unfinished",
            "outcomes": store.count_outcomes(run.id),
            "environment": ", ".join(each["name"] for each in run.environments),
            "command": " ".join(run.request["command"]),
        }
        for run in store.list_runs()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo(f"No runs in {store.path} yet.\nNext: {command_line('run --all')}")
        return
    typer.echo(tabulate(rows, headers="keys", tablefmt=style, maxcolwidths=[None] * 5 + [40]))
    unfinished = any(row["state"] == "unfinished" for row in rows)
    following = "run --resume" if unfinished else f"show {rows[0]['run']}"
    typer.echo(f"\nNext: {suggest(following, reports)}")
