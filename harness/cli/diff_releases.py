"""The sides of `diff --tf A,B`: what is kept of two releases, and what is missing, run now."""

import sys
from collections.abc import Iterable

import typer

from harness.api import start_run
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.carry_out import carry_out
from harness.cli.diff_runs import Pairs
from harness.cli.options import suggest
from harness.environments.releases import RELEASES
from harness.errors import EnvironmentUnusable, UsageError
from harness.execution.request import RunRequest, read_request
from harness.program import command_line
from harness.results.compare import Side
from harness.results.outcome import Outcome, OutcomeKey
from harness.results.run import Run, RunEnvironment
from harness.results.store import Store
from harness.verdicts.statistics import Array


def open_sides(releases: list[str], ids: list[str], catalog: Catalog, store: Store) -> Pairs:
    """Return two comparisons of two releases; run what is not kept.

    In the first, each has trained, saved and restored for itself. In the second both restored what
    the first one saved: only there are the numbers of one and the same model compared. Raises
    EnvironmentUnusable where one of them cannot be used; what was measured is kept.
    """
    chosen = catalog.select(ids) if ids else list(catalog.scenarios)
    if not chosen:
        raise UsageError(f"no scenarios in {catalog.root}", "", command_line("new my-case"))
    return [open_pair(releases, writers, chosen, catalog, store) for writers in ([], releases[:1])]


def open_pair(
    releases: list[str], writers: list[str], chosen: list[Scenario], catalog: Catalog, store: Store
) -> tuple[Side, Side]:
    """Return both releases' outcomes of what `writers` saved, or each one for itself."""
    missing: dict[tuple[str, ...], list[str]] = {}
    for release in releases:
        kept = find_kept(store, release, writers)
        lacking = tuple(each.id for each in chosen if choose_outcomes(kept, release, each) is None)
        if lacking:
            missing.setdefault(lacking, []).append(release)
    fresh: dict[str, Run] = {}
    for lacking, wanted in missing.items():
        run = run_missing(list(lacking), wanted, writers, catalog, store)
        fresh |= dict.fromkeys(wanted, run)
    first, second = (
        collect_side(store, each, writers, chosen, fresh.get(each)) for each in releases
    )
    return first, second


def run_missing(
    ids: list[str], releases: list[str], writers: list[str], catalog: Catalog, store: Store
) -> Run:
    """Run scenarios in releases, untimed; raises EnvironmentUnusable where one could not be."""
    request = RunRequest(
        scenarios=ids,
        root=str(catalog.root),
        device="cpu",
        timing=False,
        command=sys.argv[1:],
        releases=[] if writers else releases,
        writers=writers,
        readers=releases if writers else [],
    )
    run = carry_out(store, start_run(store, request), request, catalog)
    again = suggest(f"show {run.id}", store.reports)
    typer.echo(f"Run {run.id} is kept in {store.path}; to see it: {again}", err=True)
    if run.finished is None:
        raise EnvironmentUnusable(
            "one of the releases could not be used",
            "why is said above",
            f"once it can: {suggest('run --resume', store.reports)}",
        )
    return run


def find_kept(store: Store, release: str, writers: Iterable[str] = ()) -> list[Run]:
    """Return the finished untimed runs of a release in its present environment, newest first.

    None of what changes under its name (nightly, an interpreter's path): last week's outcomes are
    not tonight's. None that were timed: timed steps use other kernels.
    """
    fixed = RELEASES.keys() - {"nightly"}
    if not {each.removesuffix("+legacy") for each in (release, *writers)} <= fixed:
        return []
    runs = [
        run
        for run in store.list_runs()
        if run.finished
        and is_plain(read_request(run.request), writers)
        and has_environment(run, release)
    ]
    present = [find_environment(run, release).name for run in runs[:1]]
    return [store.load(run.id) for run in runs if find_environment(run, release).name in present]


def is_plain(request: RunRequest, writers: Iterable[str]) -> bool:
    """Say whether a run was made as `run_missing` makes one."""
    usual = RunRequest(scenarios=[], root="", timing=False, writers=list(writers))
    decides = (
        "doses",
        "paths",
        "seeds",
        "spawn",
        "timing",
        "writers",
        "time_limit",
        "memory_limit_mb",
        "scheduler",
    )
    return all(getattr(request, name) == getattr(usual, name) for name in decides)


def has_environment(run: Run, release: str) -> bool:
    """Say whether a run has an environment that was asked for as `release`."""
    return any(each.release == release for each in run.environments)


def find_environment(run: Run, release: str) -> RunEnvironment:
    """Return a run's environment that was asked for as `release`; it has one."""
    return next(each for each in run.environments if each.release == release)


def choose_outcomes(
    runs: Iterable[Run], release: str, scenario: Scenario
) -> tuple[Run, list[Outcome]] | None:
    """Return the newest of `runs` that has every path of a scenario's present file, and these."""
    for run in runs:
        reader = find_environment(run, release).name
        found = [
            each
            for each in run.outcomes
            if each.scenario == scenario.id
            and each.reader == reader
            and each.source_sha256 == scenario.source_hash
            and each.device == "CPU:0"
        ]
        if {each.path for each in found} >= set(scenario.paths()):
            return run, found
    return None


def collect_side(
    store: Store, release: str, writers: list[str], chosen: list[Scenario], fresh: Run | None
) -> Side:
    """Return the outcomes of a release: of the run just made, else of those that are kept."""
    runs = ([fresh] if fresh else []) + find_kept(store, release, writers)
    found = [choose_outcomes(runs, release, scenario) for scenario in chosen]
    used = {run.id: run for run, _ in filter(None, found)}
    outcomes = [each for _, its in filter(None, found) for each in its]
    predictions: dict[OutcomeKey, Array] = {}
    for run in used.values():
        predictions |= store.load_predictions(run.id)
    newest = used[max(used)] if used else runs[0]
    environment = find_environment(newest, release)
    source = f"run{'s' if len(used) > 1 else ''} {', '.join(map(str, sorted(used)))}"
    return Side(release, environment, newest.machine, outcomes, predictions, source)
