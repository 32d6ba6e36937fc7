"""The work behind `run` and `check`; imports numpy and Rich, so only they load it."""

from pathlib import Path

import typer

from harness.benchmark_json import make_benchmarks
from harness.catalog import Catalog
from harness.cli.options import suggest
from harness.cli.output import next_step, present
from harness.cli.progress import ProgressBar
from harness.documents import make_document, write_file
from harness.errors import (
    CHANGED,
    EXPECTED,
    INTERRUPTED,
    USAGE,
    EnvironmentUnusable,
    NoRoom,
    UsageError,
)
from harness.machine import describe_machine
from harness.report.summary import any_changed
from harness.session import Request, perform
from harness.store import Run, Store


def start_run(store: Store, request: Request) -> int:
    """Record that a run begins; return its number."""
    return store.start_run(request.as_json(), describe_machine())


def find_unfinished(store: Store) -> tuple[int, Request]:
    """Return the newest run that is not finished; raises UsageError where every run is."""
    for kept in store.list_runs():
        if kept.finished is None:
            return kept.id, Request(**kept.request)
    raise UsageError("every run is finished", "", "see: python -m harness runs")


def carry_out(store: Store, run_id: int, request: Request, catalog: Catalog) -> Run:
    """Run what is not done yet, under a progress bar; return the run with every outcome."""
    chosen = catalog.select(request.scenarios)
    hashes = {scenario.id: scenario.source_hash for scenario in chosen}
    done = [
        (record["scenario"], record["path"], record["device"], record["seed"])
        for record in store.load(run_id).outcomes
        if record["source_sha256"] == hashes.get(record["scenario"])
    ]
    try:
        with ProgressBar() as progress:
            perform(request, chosen, store, run_id, progress, done)
    except (KeyboardInterrupt, EnvironmentUnusable) as error:
        kept = store.count_outcomes(run_id)
        if kept:
            typer.echo(f"{kept} outcomes of run {run_id} are kept in {store.path}.", err=True)
        elif not isinstance(error, NoRoom):
            store.forget_run(run_id)  # or --resume would offer it for ever
        if isinstance(error, KeyboardInterrupt):
            again = f"To finish: {suggest('run --resume', store.reports)}" if kept else ""
            typer.echo(f"Interrupted. {again}".rstrip(), err=True)
            raise typer.Exit(INTERRUPTED) from error
        raise
    return store.load(run_id)


def report(
    store: Store, run: Run, catalog: Catalog, style: str, json_file: Path | None,
    benchmark_file: Path | None,
) -> int:  # fmt: skip
    """Write the files asked for, print the run, return the exit code."""
    document = make_document(run)
    if json_file:
        write_file(json_file, document)
    if benchmark_file:
        write_file(benchmark_file, make_benchmarks(run, store.load_samples(run.id)))
    typer.echo(present(document, style))
    shown = suggest(f"show {run.id}", store.reports)
    typer.echo(f"Run {run.id} is kept in {store.path}; to see it again: {shown}")
    typer.echo(next_step(document, catalog.root))
    if any_changed(document["outcomes"]):
        return CHANGED
    return USAGE if catalog.problems else EXPECTED
