"""The sides of `diff --tf A,B`: saved outcomes of two releases; missing outcomes are run now."""

import sys
from collections.abc import Iterable

import typer

from harness.api import start_run
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.carry_out import carry_out
from harness.cli.diff_runs import Pairs
from harness.environments.releases import RELEASES
from harness.environments.resolve import make_absolute
from harness.errors import EnvironmentUnusable, UsageError
from harness.execution.request import RunRequest, read_request
from harness.program import command_line
from harness.results.compare import Side
from harness.results.outcome import Outcome, OutcomeKey
from harness.results.run import Run, RunEnvironment
from harness.results.store import Store
from harness.verdicts.statistics import Array


def open_sides(releases: list[str], ids: list[str], catalog: Catalog, store: Store) -> Pairs:
    """Return two comparisons of two releases; run what has not been measured yet.

    In the first comparison, each release trained, saved and restored its own models. In the second
    comparison, both releases restored the files that the first release saved. Only the second
    comparison compares numbers of one and the same model. Raises EnvironmentUnusable if a release
    cannot be used; the outcomes measured until then stay saved.
    """
    chosen = catalog.select(ids) if ids else list(catalog.scenarios)
    if not chosen:
        raise UsageError(f"no scenarios in {catalog.root}", "", command_line("new my-case"))
    return [open_pair(releases, writers, chosen, catalog, store) for writers in ([], releases[:1])]


def open_pair(
    releases: list[str], writers: list[str], chosen: list[Scenario], catalog: Catalog, store: Store
) -> tuple[Side, Side]:
    """Return both releases' outcomes for files that `writers` saved, or for their own files."""
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
    """Run scenarios in releases, untimed; raises EnvironmentUnusable if a release is unusable."""
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
    again = command_line(f"show {run.id}")
    typer.echo(f"Run {run.id} is saved in {store.reports}; to see it: {again}", err=True)
    if run.finished is None:
        raise EnvironmentUnusable(
            "one of the releases could not be used",
            "the reason is printed above",
            f"once the release works: {command_line('run --resume')}",
        )
    return run


def find_kept(store: Store, release: str, writers: Iterable[str] = ()) -> list[Run]:
    """Return the finished untimed runs of a release in its present environment, newest first.

    Runs of a name whose content changes (nightly, the path of an interpreter) are left out: last
    week's outcomes are not tonight's. Timed runs are left out too, because timed steps use other
    kernels.
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
    asked = make_absolute(release)
    return any(each.release == asked for each in run.environments)


def find_environment(run: Run, release: str) -> RunEnvironment:
    """Return a run's environment that was asked for as `release`; it has one."""
    asked = make_absolute(release)
    return next(each for each in run.environments if each.release == asked)


def choose_outcomes(
    runs: Iterable[Run], release: str, scenario: Scenario
) -> tuple[Run, list[Outcome]] | None:
    """Return the newest run with every path of the scenario's present file, and the outcomes."""
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
    """Return the outcomes of a release: from the run just made, else from saved runs."""
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
