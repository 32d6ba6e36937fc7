"""`bench compare`: has B become slower since a baseline?"""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.bench_options import RunArgument
from harness.cli.options import DEFAULT_REPORTS, FormatOption, ReportsOption
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.program import command_line


def compare_with_baseline(
    baseline: Annotated[
        str, typer.Argument(metavar="BASELINE", help="A run, or a file of pytest-benchmark.")
    ],
    run: RunArgument,
    style: FormatOption = "simple",
    json_file: JsonOption = None,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Say whether B has become slower against the same A since a baseline.

    Both may also be JSON files of pytest-benchmark. Exit codes as above.
    """
    layout = choose_layout(style)
    printer = Printer(json_file)
    from harness.bench.answers import choose_exit_code
    from harness.bench.compare import compare_benchmark_files, compare_runs
    from harness.bench.store import BenchStore
    from harness.bench.text import describe_drifts

    if baseline.endswith(".json") and run.endswith(".json"):
        drifts = compare_benchmark_files(Path(baseline), Path(run))
    else:
        store = BenchStore(reports)
        drifts = compare_runs(store.open(baseline), store.open(run))
    printer.record({"comparisons": drifts})
    printer.text(describe_drifts(drifts, layout))
    printer.tip(f"\nNext: {command_line('bench --help')}")
    raise typer.Exit(choose_exit_code([each.answer for each in drifts]))
