"""The result of a run, as JSON holds it: computed from the raw blocks and from nothing else."""

from collections.abc import Sequence

import msgspec

from harness.bench.decide import ALPHA, Controls, Decision, decide, pooled
from harness.bench.raw import MeasuredPair
from harness.bench.request import BenchComparison, BenchSide
from harness.bench.selftest import RuleRecord, judge_rules
from harness.bench.store import SavedRun

# Exit codes, the gravest first: what `bench` and `bench compare` return. 2, 3 and 130 are those of
# every command: usage, an environment or disk that cannot be used, interrupted.
SAME_CODE, SLOWER, WRONG, UNDECIDED, NOTHING_MEASURED, CONTROL_FAILED = 0, 1, 4, 5, 6, 7
CODES = {
    "wrong": WRONG,
    "slower": SLOWER,
    "void": CONTROL_FAILED,
    "failed": NOTHING_MEASURED,
    "undecided": UNDECIDED,
}


class WorkloadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One workload of one comparison. Times of A and B are nanoseconds over all pairs.

    `ratio` is the time of B over that of A, the geometric mean of the pairs; `interval` its 99 %
    interval. `detectable` is the smallest change, as a share, that this data would have shown in 95
    of 100 cases. `calls` are the timed calls of B; `injected_ns` is what the control really added,
    in the last pair.
    """

    workload: str
    answer: str
    ratio: float | None
    interval: tuple[float, float] | None
    pairs: int
    calls: int
    controls: Controls | None
    environments: tuple[str, str]
    reason: str = ""
    decision_interval: tuple[float, float] | None = None
    detectable: float | None = None
    a: dict[str, float | int | None] = {}
    b: dict[str, float | int | None] = {}
    memory_growth_bytes: tuple[int | None, int | None] = (None, None)
    rows: int = 0
    injected_ns: int = 0


class ComparisonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Two environments, how busy the machine was, and the answer for each workload."""

    a: BenchSide
    b: BenchSide
    device: str
    kernels: dict[str, dict[str, str | int | None]]
    load_average: float | None
    stolen: float | None
    workloads: list[WorkloadAnswer]


class BenchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a run. `comparisons` holds every workload of every pair of environments."""

    schema: int = 1
    run: int
    created: str
    complete: bool
    processor: str
    governor: str | None
    gpu: str | None
    confidence: float
    comparisons: list[WorkloadAnswer]
    environments: list[ComparisonAnswer]
    selftest: list[RuleRecord] = []


def answer_run(saved: SavedRun) -> BenchResult:
    """Return what a run found; the same raw data gives the same bytes."""
    run = saved.run
    compared = [
        answer_comparison(comparison, measured, run.request.most_pairs)
        for comparison, measured in zip(run.comparisons, saved.measured, strict=True)
    ]
    return BenchResult(
        run=run.id,
        created=run.created,
        complete=run.finished is not None,
        processor=run.machine.processor,
        governor=run.governor,
        gpu=run.gpu,
        confidence=1 - ALPHA,
        comparisons=[each for one in compared for each in one.workloads],
        environments=compared,
        selftest=judge_rules(saved) if run.request.selftest else [],
    )


def answer_comparison(
    comparison: BenchComparison, measured: dict[str, list[MeasuredPair]], most: int
) -> ComparisonAnswer:
    """Return the answers of one pair of environments, in the order of its workloads."""
    decisions = decide(measured, most)
    for name, reason in comparison.skipped.items():
        decisions[name] = Decision(answer="skipped", pairs=0, reason=reason)
    names = (comparison.a.label, comparison.b.label)
    workloads = [
        answer_workload(name, decisions[name], measured.get(name, []), names)
        for name in comparison.workloads
    ]
    loads = [pair.load for pairs in measured.values() for pair in pairs]
    averages = [load.average for load in loads if load.average is not None]
    stolen = [load.stolen for load in loads if load.stolen is not None]
    return ComparisonAnswer(
        a=comparison.a,
        b=comparison.b,
        device=comparison.device,
        kernels=comparison.kernels,
        load_average=round(sum(averages) / len(averages), 2) if averages else None,
        stolen=round(sum(stolen) / len(stolen), 4) if stolen else None,
        workloads=workloads,
    )


def answer_workload(
    name: str, decision: Decision, pairs: Sequence[MeasuredPair], names: tuple[str, str]
) -> WorkloadAnswer:
    """Return one workload's answer with the figures of the pairs that it rests on."""
    whole = [pair for pair in pairs if not pair.failed]
    used = whole[: decision.pairs]
    a, b = pooled(used, "a"), pooled(used, "b")
    growth = used[-1].memory_growth if used else []
    return WorkloadAnswer(
        workload=name,
        answer=decision.answer,
        ratio=decision.ratio,
        interval=decision.interval,
        pairs=decision.pairs,
        calls=int(b.get("calls") or 0),
        controls=decision.controls,
        environments=names,
        reason=decision.reason,
        decision_interval=decision.decision_interval,
        detectable=decision.detectable,
        a=round_figures(a),
        b=round_figures(b),
        memory_growth_bytes=(growth[0], growth[1]) if len(growth) > 1 else (None, None),
        rows=used[-1].rows if used else 0,
        injected_ns=used[-1].injected_ns if used else 0,
    )


def round_figures(figures: dict[str, float | int | None]) -> dict[str, float | int | None]:
    """Return figures in whole nanoseconds."""
    return {name: None if each is None else round(each) for name, each in figures.items()}


def choose_exit_code(answers: Sequence[str]) -> int:
    """Return the exit code of the gravest answer; 6 where every workload was skipped."""
    for found, code in CODES.items():
        if found in answers:
            return code
    return SAME_CODE if {"same", "faster"} & {*answers} else NOTHING_MEASURED
