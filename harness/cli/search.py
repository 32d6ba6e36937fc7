"""`search`: the scenarios that fit a symptom or an error message, the likeliest first."""

from typing import Annotated

import typer

from harness.cli.options import (
    FormatOption,
    ScenariosOption,
    check_format,
    open_catalog,
    suggest,
)
from harness.errors import USAGE, UsageError
from harness.program import command_line


def search(
    words: Annotated[
        list[str], typer.Argument(help="A symptom, or an error message as it was printed.")
    ],
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 5,
    style: FormatOption = "simple",
    scenarios: ScenariosOption = None,
) -> None:
    """Search the scenarios by the words of a symptom or an error message."""
    from tabulate import tabulate

    from harness.catalog.search import name_verdicts, rank_scenarios

    check_format(style)
    text = " ".join(words)
    if not text.strip():
        raise UsageError("nothing to search for", "", command_line('search "predicts zeros"'))
    catalog = open_catalog(scenarios)
    found = rank_scenarios(catalog, text)
    if not found:
        typer.echo(f"None of {len(catalog.scenarios)} scenarios has any of these words.")
        typer.echo(f"Next: {suggest('list', scenarios=scenarios)}")
    else:
        rows = [[each.id, name_verdicts(each), each.summary] for each in found[:limit]]
        typer.echo(
            tabulate(
                rows,
                ["id", "shows", "what goes wrong"],
                tablefmt=style,
                maxcolwidths=[None, 16, 60],
            )
        )
        more = f", best {limit} shown" if len(found) > limit else ""
        typer.echo(f"\n{len(found)} of {len(catalog.scenarios)} scenarios share words{more}.")
        typer.echo(f"Next: {suggest(f'explain {found[0].id}', scenarios=scenarios)}")
    if catalog.problems:
        raise typer.Exit(USAGE)
