"""The work behind `run` and `check`; imports numpy and Rich, so only they load it."""

import re
from importlib.util import find_spec
from pathlib import Path

import typer

from harness.api import continue_run
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.output import next_step, present
from harness.cli.printer import Printer
from harness.cli.progress import ProgressBar
from harness.errors import (
    CHANGED,
    EXPECTED,
    UNUSABLE,
    USAGE,
    CannotWrite,
    EnvironmentUnusable,
    Interrupted,
    UsageError,
    count,
)
from harness.execution.request import RunRequest, read_request
from harness.program import INSTALLED, MODULE, command_line
from harness.report.dose import has_doses
from harness.report.dose_plot import plot_doses
from harness.report.layout import Layout
from harness.results.benchmark_json import make_benchmarks
from harness.results.json_files import make_result_file, write_json
from harness.results.judgement import any_changed
from harness.results.outcome import Outcome
from harness.results.run import Run
from harness.results.store import Store

RESUME = "run --resume"


def find_unfinished(store: Store) -> tuple[int, RunRequest]:
    """Return the newest unfinished run that no other process is working on; else UsageError."""
    under_way = ""
    for kept in store.list_runs():
        if kept.finished is None:
            if store.claim(kept):
                return kept.id, read_request(kept.request)
            under_way = (
                f"run {kept.id} is being carried out by process {kept.pid}, here or elsewhere"
            )
    raise UsageError(
        "there is no unfinished run to resume", under_way, f"see: {command_line('runs')}"
    )


def find_scenarios(request: RunRequest, catalog: Catalog) -> list[Scenario]:
    """Return the request's scenarios; print on stderr which of them no longer exist."""
    known = {scenario.id: scenario for scenario in catalog.scenarios}
    gone = [identifier for identifier in request.scenarios if identifier not in known]
    if gone:
        typer.echo(f"Left out, because they no longer exist: {', '.join(gone)}", err=True)
    return [known[identifier] for identifier in request.scenarios if identifier in known]


def carry_out(
    store: Store, run_id: int, request: RunRequest, catalog: Catalog, resumed: bool = False
) -> Run:
    """Run the part that is not done yet, with a progress bar; return the run with every outcome."""
    chosen = find_scenarios(request, catalog)
    try:
        with ProgressBar(len(request.environments) > 1) as progress:
            return continue_run(store, run_id, request, chosen, progress)
    except (KeyboardInterrupt, EnvironmentUnusable) as error:
        kept, again = store.count_outcomes(run_id), command_line(RESUME)
        if kept:
            saved = f"{count(kept, 'outcome')} of run {run_id} {'is' if kept == 1 else 'are'}"
            typer.echo(f"{saved} saved in {store.path}.", err=True)
        elif not resumed and not isinstance(error, CannotWrite):
            store.forget_run(run_id)  # or --resume would offer it for ever
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(f"To finish: {again}" if kept else "") from error
        # What carries out the steps does not know where the run is kept, nor how we were started.
        error.tip = re.sub(f"({INSTALLED}|{MODULE}) {RESUME}", lambda _: again, error.tip)
        raise
    finally:
        store.held.release(run_id)


def report(
    store: Store,
    run: Run,
    catalog: Catalog,
    layout: Layout,
    printer: Printer,
    benchmark_file: Path | None,
) -> int:
    """Write the requested files, print the run, and return the exit code."""
    document = make_result_file(run)
    kept = f"make room; the run itself is kept, see: {command_line('runs')}"
    printer.record(document, kept)
    if benchmark_file:
        write_json(benchmark_file, make_benchmarks(run, store.load_samples(run.id)))
    if printer.shows_text:
        typer.echo(present(document, layout))
    if has_doses(document.outcomes):
        summaries = {scenario.id: scenario.summary for scenario in catalog.scenarios}
        printer.tip(describe_plots(document.outcomes, store.reports, summaries))
    shown = command_line(f"show {run.id}")
    printer.tip(f"Run {run.id} is saved in {store.reports}; to see it again: {shown}")
    if run.finished is None:
        printer.tip(
            "Outcomes are missing: an environment could not be used (the reason is printed above)."
            "\nOnce the environment works, the run can be finished."
        )
        printer.tip(f"Next: {command_line(RESUME)}")
        return UNUSABLE
    printer.tip(next_step(document))
    if any_changed(document.outcomes):
        return CHANGED
    return USAGE if catalog.problems else EXPECTED


def describe_plots(outcomes: list[Outcome], reports: Path, summaries: dict[str, str]) -> str:
    """Plot a run with doses and return the files' names; without the plots extra, how to get it.

    `summaries` maps a scenario's id to its title.
    """
    if not (find_spec("altair") and find_spec("vl_convert")):
        return "No plot was made: plots need the plots extra, pip install 'restorebench[plots]'"
    files = plot_doses(outcomes, reports, summaries)
    if not files:
        return "No plot was made: no dose gave predictions that can be compared"
    pages = [f"  {file}" for file in files if file.suffix == ".html"]
    return "\n".join(["Plotted, each beside it as .svg and .png:", *pages])
