"""`show`: print a run again, from the database or from a result file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    DEFAULT_REPORTS,
    FormatOption,
    ReportsOption,
    use_scenarios_of,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.errors import CHANGED, EXPECTED, UsageError, count
from harness.program import command_line, is_number

if TYPE_CHECKING:
    from harness.results.store import Store


def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The number of a run, or a result file.")
    ],
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="ID", help="Show what this scenario's steps printed."),
    ] = None,
    json_file: JsonOption = None,
    style: FormatOption = "simple",
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Print a run again, exactly as when it ended."""
    from harness.cli.output import next_step, present
    from harness.results.json_files import make_result_file, read_result_file
    from harness.results.judgement import any_changed
    from harness.results.store import Store

    layout = choose_layout(style)
    printer = Printer(json_file)
    if output and json_file is not None:
        raise UsageError(
            "--output prints text", "also given: --json", "give only --output or only --json"
        )
    if is_number(run):
        store = Store.open_existing(reports)
        if output:
            typer.echo(show_output(store, int(run), output))
            return
        kept = store.load(int(run))
        use_scenarios_of(kept.request)
        document, unfinished = make_result_file(kept), kept.finished is None
    else:
        if output:
            raise UsageError(
                "a result file does not contain the output of the steps",
                "",
                f"give the number of a run: {command_line('runs')}",
            )
        document, unfinished = read_result_file(Path(run)), False
    printer.record(document)
    if not document.outcomes:
        printer.tip(f"This run has no outcomes yet.\nNext: {command_line('run --resume')}")
    else:
        if printer.shows_text:
            typer.echo(present(document, layout))
        if unfinished:
            printer.tip(
                f"This run is unfinished: {count(len(document.outcomes), 'outcome')} so far."
            )
            printer.tip(f"Next: {command_line('run --resume')}")
        else:
            printer.tip(next_step(document))
    raise typer.Exit(CHANGED if any_changed(document.outcomes) else EXPECTED)


def show_output(store: "Store", run: int, scenario: str) -> str:
    """Return the output and the errors of one scenario's steps, path by path."""
    from harness.catalog.scenario import SIDES
    from harness.report.table import show_exactly

    outcomes = {each.key: each for each in store.load(run).outcomes if each.scenario == scenario}
    if not outcomes:
        raise UsageError(
            f"run {run} has no outcomes of {scenario}", "", f"see: {command_line(f'show {run}')}"
        )
    several = len({(each.writer, each.reader) for each in outcomes.values()}) > 1
    blocks = []
    printed = store.load_output(run, scenario)
    for key in sorted(printed, key=lambda key: (SIDES.index(outcomes[key].side), str(key))):
        _, path, device, seed, dose, writer, reader = key
        title = f"{path}, {device}, seed {seed}"
        title += "" if dose is None else f", dose {show_exactly(dose)}"
        title += f", saved by {writer}, restored by {reader}" if several else ""
        blocks.append(f"--- {title} ---\n{printed[key].strip() or '(nothing)'}")
        error = outcomes[key].error
        if error:
            blocks.append((error.traceback or f"{error.type}: {error.message}").strip())
    return "\n\n".join(blocks)
