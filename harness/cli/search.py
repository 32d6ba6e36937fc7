"""`search`: find scenarios for a symptom or an error message, the likeliest first."""

from typing import Annotated

import typer

from harness.cli.list import describe_scenario
from harness.cli.options import (
    FormatOption,
    ScenariosOption,
    open_catalog,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.errors import USAGE, UsageError, count
from harness.program import command_line


def search(
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORD...", help="Words of a symptom, or an error message."),
    ],
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show at most this many.")] = 5,
    json_file: JsonOption = None,
    style: FormatOption = "simple",
    scenarios: ScenariosOption = None,
) -> None:
    """Search the scenarios for the words of a symptom or an error message."""
    from harness.catalog.search import name_verdicts, rank_scenarios
    from harness.report.layout import draw_table

    layout = choose_layout(style)
    text = " ".join(words)
    if not text.strip():
        raise UsageError("nothing to search for", "", command_line('search "predicts zeros"'))
    catalog = open_catalog(scenarios)
    printer = Printer(json_file)
    found, looked_at = rank_scenarios(catalog, text), count(len(catalog.scenarios), "scenario")
    printer.record([describe_scenario(scenario) for scenario in found[:limit]])
    if not found:
        printer.text(f"None of {looked_at} contains any of these words.")
        printer.tip(f"Next: {command_line('list')}")
    else:
        rows = [[each.id, name_verdicts(each), each.summary] for each in found[:limit]]
        printer.text(
            draw_table(
                ["id", "shows", "what goes wrong"],
                rows,
                layout,
                verdicts=("shows",),
                whole=("id",),
                limits={"shows": 16, "what goes wrong": 60},
            )
        )
        more = f", best {limit} shown" if len(found) > limit else ""
        share = "shares" if len(found) == 1 else "share"
        printer.text(f"\n{len(found)} of {looked_at} {share} words{more}.")
        printer.tip(f"Next: {command_line(f'explain {found[0].id}')}")
    if catalog.problems:
        raise typer.Exit(USAGE)
