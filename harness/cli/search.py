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
from harness.cli.terminal import choose_layout, table_width
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
    from harness.catalog.index import name_verdicts
    from harness.catalog.search import answer
    from harness.report.layout import draw_table

    layout = choose_layout(style)
    text = " ".join(words)
    if not text.strip():
        raise UsageError("nothing to search for", "", command_line('search "predicts zeros"'))
    catalog = open_catalog(scenarios)
    printer = Printer(json_file)
    answered, looked_at = answer(catalog, text), count(len(catalog.scenarios), "scenario")
    shown = answered.lessons[:limit]
    printer.record([{**describe_scenario(each), "fits": answered.fits} for each in shown])
    if not shown:
        printer.text(f"None of {looked_at} contains any of these words.")
        printer.tip(f"Next: {command_line('list')}")
    else:
        if not answered.fits:
            printer.text("None of our lessons fits well.")
            if answered.subject:
                printer.text(f"The question seems to be about {answered.subject}.")
            printer.text("The nearest lessons:\n")
        rows = [[each.id, name_verdicts(each), each.summary] for each in shown]
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
        if answered.fits:
            more = f", best {limit} shown" if len(answered.lessons) > limit else ""
            one = len(answered.lessons) == 1
            share = ("shares" if one else "share") + " words"
            if answered.symptom:
                share = f"{'shows' if one else 'show'} {answered.symptom!r}"
            printer.text(f"\n{len(answered.lessons)} of {looked_at} {share}{more}.")
            if answered.symptom:
                ladder = command_line(f"explain --symptom {answered.symptom}")
                printer.tip(f"What to check, in which order: {ladder}")
            printer.tip(f"Next: {command_line(f'explain {shown[0].id}')}")
        else:
            tell_what_else(printer)
    if catalog.problems:
        raise typer.Exit(USAGE)


def tell_what_else(printer: Printer) -> None:
    """Say what helps where no lesson does: the release that wrote the file, and a report."""
    from harness.report.layout import fill_lines

    said = (
        "\nDo you have the model's file? Then let the release that wrote it restore the model."
        "\nA report of what is missing here needs the question, the whole error, and that output."
    )
    printer.tip(fill_lines(said, table_width()))
    printer.tip(f"Next: {command_line('env for FILE')}")
