"""`runs`: list the saved runs."""

from typing import TYPE_CHECKING

from harness.cli.options import DEFAULT_REPORTS, FormatOption, ReportsOption
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.program import command_line

if TYPE_CHECKING:
    from harness.results.run import RunEnvironment

NAMED = 3  # environments in a row: a run may have twenty


def list_runs(
    json_file: JsonOption = None,
    style: FormatOption = "simple",
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """List the runs in the reports folder, newest first."""
    from harness.report.layout import draw_table
    from harness.results.store import Store

    layout = choose_layout(style)
    printer = Printer(json_file)
    records, rows = [], []
    if Store.exists(reports):
        store = Store.open_existing(reports)
        for run in store.list_runs():
            record = {
                "run": run.id,
                "created": run.created,
                "state": "finished" if run.finished else "unfinished",
                "outcomes": store.count_outcomes(run.id),
                "environment": ", ".join(each.name for each in run.environments),
                "command": " ".join(map(str, run.request.get("command", []))),
            }
            records.append(record)
            shown = {"created": shorten_time(run.created)}
            shown["environment"] = name_environments(run.environments)
            rows.append(list((record | shown).values()))
    printer.record(records)
    if not records:
        printer.text(f"There are no runs in {reports}.")
        printer.tip(f"Next: {command_line('run --all')}")
        return
    headers = ["run", "created (UTC)", "state", "outcomes", "environment", "command"]
    limits = {"environment": 40, "command": 40}
    table = draw_table(
        headers, rows, layout, right=("run", "outcomes"), whole=headers[1:2], limits=limits
    )
    printer.text(f"{table}\n")
    unfinished = any(record["state"] == "unfinished" for record in records)
    following = "run --resume" if unfinished else f"show {records[0]['run']}"
    printer.tip(f"Next: {command_line(following)}")


def shorten_time(created: str) -> str:
    """Return an ISO time in UTC to the minute: "2026-11-25 21:44"."""
    return created[:16].replace("T", " ")


def name_environments(environments: "list[RunEnvironment]") -> str:
    """Return the first environments of a run as they were asked for, and how many more."""
    names = [each.release or each.name.removeprefix("tensorflow-") for each in environments]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
