"""From what a step left behind to a verdict, and from verdicts to a judgement."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from harness.expectations import Expectation
from harness.rates import wilson_interval
from harness.statistics import NEAR_ZERO, Array, as_columns, tolerance_per_column


def is_constant(values: Array) -> bool:
    """Say whether every row is the same, but for rounding."""
    columns = as_columns(values)
    largest = np.abs(columns).max(initial=0.0)
    return bool((np.ptp(columns, axis=0) <= NEAR_ZERO * largest).all())


def find_verdict(values: Array, reference: Array, device: str = "CPU:0") -> str:
    """Compare restored `values` with the `reference`, both numpy arrays with rows first.

    Decided in this order: shape, nan (where the reference is finite), match, zeros, constant,
    differs. Tolerances: harness/statistics.py.
    """
    if values.shape != reference.shape:
        return "shape"
    if values.dtype.kind not in "fiub" or reference.dtype.kind not in "fiub":  # text labels
        return "match" if np.array_equal(values, reference) else "differs"
    restored, wanted = as_columns(values), as_columns(reference)
    expected_finite = np.isfinite(wanted)
    if not np.isfinite(restored[expected_finite]).all():
        return "nan"
    error = np.abs(restored - wanted)
    same = (error <= tolerance_per_column(reference, device)) | ~expected_finite
    if same.all():
        return "match"
    if np.abs(restored).max() <= NEAR_ZERO * np.abs(wanted[expected_finite]).max(initial=0.0):
        return "zeros"
    return "constant" if is_constant(values) else "differs"


def refuse_reference(reference: Array) -> str | None:
    """Say why a reference cannot prove anything, or None where it can."""
    if len(reference) < 2:
        return f"the reference has {len(reference)} rows; a verdict needs at least two"
    if reference.dtype.kind not in "fiub":
        return None
    if not np.isfinite(as_columns(reference)).all():
        return "the reference itself holds NaN or infinity"
    if not as_columns(reference).any():
        return "the reference itself is all zero, so a match would prove nothing"
    if is_constant(reference):
        return "the reference itself is constant, so a match would prove nothing"
    return None


def judge(verdicts: Iterable[str], expectation: Expectation, default_seed_only: bool) -> str:
    """Return "expected" or "changed" for the verdicts one path gave, one for each seed.

    Without a declared rate every verdict must be the declared one. With a rate, the measured
    share's 95% Wilson interval must meet it; on the lesson's own seed alone, which is chosen to
    show the failure, the verdict itself must come.
    """
    hits = [verdict == expectation.verdict for verdict in verdicts]
    if default_seed_only or expectation.rate == (1.0, 1.0):
        return "expected" if all(hits) else "changed"
    low, high = wilson_interval(sum(hits), len(hits))
    meets = low <= expectation.rate[1] and expectation.rate[0] <= high
    return "expected" if meets else "changed"


def judge_outcomes(outcomes: Iterable[dict[str, Any]]) -> None:
    """Set `judgement` on every outcome, all seeds of a path, device and environment together."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for outcome in outcomes:
        key = tuple(outcome[name] for name in ("scenario", "path", "device", "writer", "reader"))
        groups.setdefault(key, []).append(outcome)
    for group in groups.values():
        rate = group[0]["declared_rate"]
        expectation = Expectation(group[0]["expected"], (rate[0], rate[1]))
        lone = len(group) == 1 and group[0]["default_seed"]
        judgement = judge([each["verdict"] for each in group], expectation, lone)
        for outcome in group:
            outcome["judgement"] = judgement
