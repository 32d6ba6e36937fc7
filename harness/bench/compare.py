"""Compare two runs, or two files of pytest-benchmark: has something become slower since?

Both runs compared a B with an A. Today's B over today's A is set against the baseline's B over its
A: what the machine does from day to day hits A and B alike, and drops out. Times of different days
are compared directly only for pytest-benchmark's files, which hold nothing else.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.bench.decide import ALPHA, SAME, log_ratios
from harness.bench.raw import MeasuredPair
from harness.bench.statistics import Array, t_quantile, t_tail
from harness.bench.store import SavedRun, leave_out_paths
from harness.errors import UsageError

FEWEST_PAIRS = 5
TIGHT = 1e-9
APART = 1.3  # minima of one process a side, one after the other, differed by up to 27 %


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How a workload's B over A has changed from the baseline to the run."""

    workload: str
    answer: str
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    pairs: tuple[int, int] = (0, 0)
    reason: str = ""


def compare_runs(baseline: SavedRun, run: SavedRun) -> list[Drift]:
    """Return the drift of every workload of either run.

    Raises UsageError where the first environments of both runs hold other packages, or run on
    another device: then nothing ties the days together. Raises it for one run twice, too.
    """
    if leave_out_paths(baseline) == leave_out_paths(run):
        raise UsageError(
            "both are the same run, so nothing would be compared",
            "",
            "measure again: another run of the same environments",
        )
    before, after = (one.run.comparisons for one in (baseline, run))
    if not before or not after or len(before) != len(after):
        raise UsageError(
            "the two runs did not compare the same number of environments",
            f"comparisons: {len(before)} and {len(after)}",
        )
    found = []
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old.a.lock != new.a.lock:
            raise UsageError(
                "the two runs start from different environments, so nothing ties them together",
                f"A was {old.a.environment.name}, and is {new.a.environment.name}",
                "compare runs whose first environment holds the same packages",
            )
        if old.device != new.device:
            raise UsageError(
                "the two runs were made on different devices, so nothing ties them together",
                f"one ran on {old.device}, the other on {new.device}",
                "compare runs of the same --device",
            )
        names = dict.fromkeys([*old.workloads, *new.workloads])
        family = len(names)
        for name in names:
            pairs = (
                usable(baseline.measured[index].get(name, [])),
                usable(run.measured[index].get(name, [])),
            )
            found.append(compare_pairs(name, *pairs, family))
    return found


def usable(pairs: Sequence[MeasuredPair]) -> list[MeasuredPair]:
    """Return the pairs that were measured; none where one failed or a prediction was wrong."""
    if any(any(pair.wrong) or pair.failed for pair in pairs):
        return []
    return list(pairs)


def compare_pairs(
    name: str, before: Sequence[MeasuredPair], after: Sequence[MeasuredPair], family: int
) -> Drift:
    """Return the answer for one workload; ALPHA is shared by Bonferroni among the family."""
    counts = (len(before), len(after))
    if min(counts) < FEWEST_PAIRS:
        sides = zip(("the baseline", "the run"), counts, strict=True)
        few = [f"{side} has {number}" for side, number in sides if number < FEWEST_PAIRS]
        reason = f"{' and '.join(few)} usable pairs, {FEWEST_PAIRS} are needed"
        return Drift(workload=name, answer="failed", pairs=counts, reason=reason)
    change = welch(log_ratios(before, "b"), log_ratios(after, "b"))
    return make_drift(name, change, ALPHA / family, counts)


def welch(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, int]:
    """Return the difference of the means, its standard error, and Welch's degrees of freedom."""
    a, b = np.array(before), np.array(after)
    parts = [float(each.var(ddof=1)) / len(each) for each in (a, b)]
    error = math.sqrt(max(sum(parts), TIGHT**2))
    weights = [part**2 / (len(each) - 1) for part, each in zip(parts, (a, b), strict=True)]
    freedom = sum(parts) ** 2 / sum(weights) if sum(weights) > 0 else len(a) + len(b) - 2
    return float(b.mean() - a.mean()), error, max(1, math.floor(freedom))


def make_drift(
    name: str, change: tuple[float, float, int], alpha: float, counts: tuple[int, int]
) -> Drift:
    """Return the answer as `decide` does, from a mean, its standard error and its freedom."""
    mean, error, freedom = change
    half = t_quantile(alpha, freedom) * error
    low, high = mean - half, mean + half
    if math.log(1 - SAME) <= low and high <= math.log(1 + SAME):
        answer = "same"
    elif t_tail(mean / error, freedom) <= alpha:
        answer = "slower" if mean > 0 else "faster"
    else:
        answer = "undecided"
    return Drift(
        workload=name,
        answer=answer,
        ratio=round(math.exp(mean), 5),
        interval=(round(math.exp(low), 5), round(math.exp(high), 5)),
        pairs=counts,
    )


def compare_benchmark_files(baseline: Path, run: Path) -> list[Drift]:
    """Return the drift of every benchmark of two pytest-benchmark files, from their rounds.

    One process measured each side, one after the other. Minima of such measurements were seen to
    differ by up to 27 % for one and the same code, so only a larger change of minimum and median
    is `slower` or `faster`; all else is `undecided`. A benchmark that is missing has `failed`.
    Raises UsageError for other files.
    """
    before, after = read_rounds(baseline), read_rounds(run)
    found = []
    for name in dict.fromkeys([*before, *after]):
        if name not in before or name not in after:
            missing = "the baseline" if name not in before else "the run"
            found.append(
                Drift(workload=name, answer="failed", reason=f"{missing} has no such benchmark")
            )
            continue
        found.append(compare_rounds(name, before[name], after[name]))
    if not found:
        raise UsageError("the files hold no benchmarks", f"{baseline}, {run}")
    return found


def compare_rounds(name: str, before: Array, after: Array) -> Drift:
    """Return the answer for one benchmark from the seconds of its rounds."""
    least = float(after.min() / before.min())
    middle = float(np.median(after) / np.median(before))
    answer = "undecided"
    if min(least, middle) > APART:
        answer = "slower"
    elif max(least, middle) < 1 / APART:
        answer = "faster"
    unsure = f"one process a side: below a factor of {APART} nothing is proven"
    reason = unsure if answer == "undecided" else ""
    return Drift(workload=name, answer=answer, ratio=round(least, 5), reason=reason)


def read_rounds(file: Path) -> dict[str, Array]:
    """Return seconds of each round by the benchmark's name; its minimum where no rounds are kept.

    Raises UsageError.
    """
    try:
        benchmarks: list[dict[str, Any]] = json.loads(file.read_text())["benchmarks"]
        return {
            str(each["fullname"]): np.array(
                each["stats"].get("data") or [each["stats"]["min"]], np.float64
            )
            for each in benchmarks
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{file} is no file of pytest-benchmark",
            str(error),
            "write one with: pytest --benchmark-json=FILE",
        ) from error
