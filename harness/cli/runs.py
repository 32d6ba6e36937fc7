"""`runs`: list the saved runs."""

from harness.cli.options import DEFAULT_REPORTS, FormatOption, ReportsOption, check_format, suggest
from harness.cli.printer import JsonOption, Printer


def list_runs(
    json_file: JsonOption = None,
    style: FormatOption = "simple",
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """List the runs in the reports folder, newest first."""
    from tabulate import tabulate

    from harness.results.store import Store

    check_format(style)
    printer = Printer(json_file)
    rows = []
    if Store.exists(reports):
        store = Store.open_existing(reports)
        rows = [
            {
                "run": run.id,
                "created": run.created,
                "state": "finished" if run.finished else "unfinished",
                "outcomes": store.count_outcomes(run.id),
                "environment": ", ".join(each.name for each in run.environments),
                "command": " ".join(map(str, run.request.get("command", []))),
            }
            for run in store.list_runs()
        ]
    printer.record(rows)
    if not rows:
        printer.text(f"There are no runs in {reports}.")
        printer.tip(f"Next: {suggest('run --all', reports)}")
        return
    table = tabulate(rows, headers="keys", tablefmt=style, maxcolwidths=[None] * 5 + [40])
    printer.text(f"{table}\n")
    unfinished = any(row["state"] == "unfinished" for row in rows)
    following = "run --resume" if unfinished else f"show {rows[0]['run']}"
    printer.tip(f"Next: {suggest(following, reports)}")
