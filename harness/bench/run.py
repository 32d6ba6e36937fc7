"""One run of `bench`: pair after pair until every answer is final, or no pair is left."""

from pathlib import Path

from harness.bench.decide import Decision, decide
from harness.bench.pairs import (
    SELFTEST_INJECTIONS,
    USUAL_INJECTIONS,
    PairSettings,
    WrongVersion,
    measure_pair,
)
from harness.bench.prepare import Prepared, prepare
from harness.bench.raw import MeasuredPair
from harness.bench.request import BenchComparison, BenchRequest, BenchRun
from harness.bench.store import BenchStore
from harness.bench.workloads import Workload, choose_own, choose_workloads
from harness.catalog.load import Catalog
from harness.environments.cache import find_cache
from harness.errors import EnvironmentUnusable
from harness.execution.work_folder import hold_work_folder
from harness.locks import hold_machine
from harness.results.store import now


class BenchObserver:
    """What a run tells whoever shows it; the default shows nothing."""

    def wait_for_other(self) -> None: ...
    def begin(self, comparison: BenchComparison, pairs: int) -> None: ...
    def prepare(self, names: tuple[str, str]) -> None: ...
    def finish_workload(self, measured: MeasuredPair) -> None: ...
    def finish_pair(self, pair: int, decisions: dict[str, Decision]) -> None: ...


def list_workloads_of(request: BenchRequest) -> list[Workload]:
    """Return what a request times; raises UsageError for unknown names."""
    if request.model is not None:
        return choose_own(Path(request.model), request.workloads)
    return choose_workloads(request.workloads)


def carry_out_bench(
    store: BenchStore, run: BenchRun, catalog: Catalog, observer: BenchObserver
) -> None:
    """Measure what a run lacks; every workload of every pair is kept as it arrives.

    Raises UsageError and EnvironmentUnusable; what was measured until then is kept.
    """
    workloads = list_workloads_of(run.request)
    run_lock = store.lock(run)
    try:
        with (
            hold_machine(find_cache(), True, observer.wait_for_other),
            hold_work_folder(store.folder, run.id) as work,
        ):
            for index, names in enumerate(run.request.pairs()):
                observer.prepare(names)
                prepared = prepare(names, workloads, run.request, catalog, work / f"set-{index}")
                keep_comparison(store, run, index, prepared)
                measure_comparison(store, run, index, prepared, work / f"timed-{index}", observer)
            run.finished = now()
            store.record(run)
    finally:
        run_lock.release()


def keep_comparison(store: BenchStore, run: BenchRun, index: int, prepared: Prepared) -> None:
    """Record a comparison in `run.json`; raises EnvironmentUnusable where a resumed one differs."""
    if index < len(run.comparisons):
        before, comparison = run.comparisons[index], prepared.comparison
        if before.key != comparison.key:
            raise EnvironmentUnusable(
                f"run {run.id} was begun with other packages",
                f"{comparison.a.label} or {comparison.b.label} has changed since",
                "start a new run",
            )
        prepared.comparison.kernels = before.kernels
        run.comparisons[index] = prepared.comparison
    else:
        run.comparisons.append(prepared.comparison)
    raw = store.raw(run)
    for name, reason in prepared.failed.items():
        failed = MeasuredPair(workload=name, pair=0, seed=run.request.seed, failed=reason)
        raw.keep(prepared.comparison.key, failed)
    store.record(run)


def measure_comparison(
    store: BenchStore,
    run: BenchRun,
    index: int,
    prepared: Prepared,
    work: Path,
    observer: BenchObserver,
) -> None:
    """Measure pairs of one comparison until every workload's answer is final."""
    comparison, request = prepared.comparison, run.request
    settings = PairSettings(
        prepared.environments,
        (versions_of(comparison, "a"), versions_of(comparison, "b")),
        request.time_limit,
        SELFTEST_INJECTIONS if request.selftest else USUAL_INJECTIONS,
        request.priority,
        device=comparison.device,
    )
    raw = store.raw(run)
    measured = store.load_measured(run)[index]
    observer.begin(comparison, request.most_pairs)
    decisions = decide(measured, request.most_pairs)
    for pair in range(request.most_pairs):
        open_ = [
            each for each in prepared.openings if goes_on(decisions[each.workload.name], request)
        ]
        if not open_:
            break
        missing = [
            each
            for each in open_
            if raw.load(comparison.key, each.workload.name, pair, request.seed) is None
        ]
        if missing:

            def keep(one: MeasuredPair) -> None:
                raw.keep(comparison.key, one)
                measured[one.workload].append(one)
                observer.finish_workload(one)

            try:
                kernels = measure_pair(settings, missing, pair, request.seed, work, keep)
            except WrongVersion as error:
                raise EnvironmentUnusable(
                    str(error), "", "have the environment checked: env add"
                ) from error
            if kernels and not comparison.kernels:
                comparison.kernels = kernels
                store.record(run)
        decisions = decide(measured, request.most_pairs)
        observer.finish_pair(pair + 1, decisions)


def goes_on(decision: Decision, request: BenchRequest) -> bool:
    """Say whether a workload is to be measured in more pairs: until its answer is final."""
    ended = decision.answer in ("wrong", "failed", "skipped")
    return not (ended or (decision.is_final and not request.selftest))


def versions_of(comparison: BenchComparison, side: str) -> tuple[str, str]:
    """Return the versions of TensorFlow and Keras that a side was found to have."""
    environment = (comparison.a if side == "a" else comparison.b).environment
    return environment.tensorflow, str(environment.keras)
