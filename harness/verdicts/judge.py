"""From two arrays to a verdict, and from the verdicts of many seeds to a judgement."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from harness.errors import count
from harness.verdicts.names import Verdict
from harness.verdicts.rates import wilson_interval
from harness.verdicts.statistics import Array, as_columns, tolerance_per_column
from harness.verdicts.tolerances import NEAR_ZERO

Judgement = Literal["expected", "changed"]


def is_constant(values: Array) -> bool:
    """Say whether every row is the same, but for rounding."""
    columns = as_columns(values)
    if not np.isfinite(columns).all():
        return np.array_equal(columns, np.broadcast_to(columns[:1], columns.shape), equal_nan=True)
    largest = np.abs(columns).max(axis=0, initial=0.0)
    if (columns >= 0).all() and (columns <= 1).all():  # probabilities share a unit
        largest = largest.max(initial=0.0)
    with np.errstate(over="ignore"):
        return bool((np.ptp(columns, axis=0) <= NEAR_ZERO * largest).all())


def find_verdict(
    values: Array, reference: Array, device: str = "CPU:0", dtype: str = ""
) -> Verdict:
    """Compare restored `values` with the `reference`, both numpy arrays with rows first.

    Decided in this order: shape, nan (where the reference is finite), match, zeros, constant,
    differs. Tolerances: tolerances.py; `dtype` is the reference's where numpy does not know it.
    """
    if values.shape != reference.shape:
        return "shape"
    if values.dtype.kind not in "fiub" or reference.dtype.kind not in "fiub":  # text labels
        return "match" if np.array_equal(values, reference) else "differs"
    restored, wanted = as_columns(values), as_columns(reference)
    expected_finite = np.isfinite(wanted)
    if not np.isfinite(restored[expected_finite]).all():
        return "nan"
    if reference.dtype.kind == "f":
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs(restored - wanted)
    else:
        error = as_columns(values != reference)  # float64 cannot tell all integers apart
    same = (error <= tolerance_per_column(reference, device, dtype)) | ~expected_finite
    if same.all():
        return "match"
    largest = np.abs(wanted[expected_finite]).max()
    if np.abs(restored[expected_finite]).max() <= NEAR_ZERO * largest:
        return "zeros"
    return "constant" if is_constant(values) else "differs"


def refuse_reference(reference: Array, allow_constant: bool = False) -> str | None:
    """Say why a reference cannot prove anything, or None where it can."""
    rows = reference.shape[0] if reference.ndim else 1
    if rows < 2:
        return f"the reference has {count(rows, 'row')}; a verdict needs at least two"
    if reference.dtype.kind not in "fiub":
        return None
    if not np.isfinite(as_columns(reference)).all():
        return "the reference itself holds NaN or infinity"
    if allow_constant:
        return None
    if not as_columns(reference).any():
        return "the reference itself is all zero, so a match would prove nothing"
    if is_constant(reference):
        return "the reference itself is constant, so a match would prove nothing"
    return None


def judge(hits: Sequence[bool], rate: tuple[float, float], default_seed_only: bool) -> Judgement:
    """Return "expected" or "changed" for one path; `hits` says which seeds were as declared.

    Without a declared rate all must be. With one, the measured share's 95% Wilson interval must
    meet it; on the lesson's own seed alone, which is chosen to show the failure, it must come.
    """
    if default_seed_only or rate == (1.0, 1.0):
        return "expected" if all(hits) else "changed"
    low, high = wilson_interval(sum(hits), len(hits))
    return "expected" if low <= rate[1] and rate[0] <= high else "changed"
