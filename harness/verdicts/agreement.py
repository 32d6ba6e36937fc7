"""Whether two restored models predict the same, each in its own environment.

With the predictions themselves where both are kept, else (result files) with their statistics.
"""

from typing import Any

import numpy as np

from harness.verdicts.statistics import TOLERANCES, Array, as_columns, tolerance_per_column

Record = dict[str, Any]
MOMENTS = ("minimum", "maximum", "mean", "standard_deviation")


def compare_predictions(one: Record, other: Record, left: Array | None, right: Array | None) -> str:
    """Return how numbers were compared, and after ": " by how much they differ, if they do.

    "" where there is nothing to compare: `zeros` are zeros on both sides, whatever their rounding.
    """
    if one["verdict"] != other["verdict"] or one["verdict"] == "zeros":
        return ""
    if not one["statistics"] or not other["statistics"]:
        return ""
    if not have_same_reference(one, other):
        return "other model"
    if left is not None and right is not None:
        beyond = measure_difference(left, right, one["device"])
        return f"predictions: {beyond}" if beyond else "predictions"
    beyond = compare_statistics(one["statistics"], other["statistics"])
    return f"statistics: {beyond}" if beyond else "statistics"


def have_same_reference(one: Record, other: Record) -> bool:
    """Say whether both models predicted the same before they were saved."""
    hashes = one.get("reference_sha256"), other.get("reference_sha256")
    if all(hashes):
        return hashes[0] == hashes[1]
    references = [(each["statistics"] or {}).get("reference") for each in (one, other)]
    return references[0] == references[1] is not None


def measure_difference(one: Array, other: Array, device: str = "CPU:0") -> str:
    """Say by how much two predictions differ beyond the tolerance of either, "" where within it.

    Arrays of any shape, rows first; NaN and infinity are equal to themselves.
    """
    if one.shape != other.shape or one.dtype.kind not in "fiub" or other.dtype.kind not in "fiub":
        same = one.shape == other.shape and np.array_equal(one, other)
        return "" if same else "another shape" if one.shape != other.shape else "other values"
    left, right = as_columns(one), as_columns(other)
    finite = np.isfinite(left) & np.isfinite(right)
    if not np.array_equal(left[~finite], right[~finite], equal_nan=True):
        return "NaN or infinity elsewhere"
    tolerance = np.maximum(tolerance_per_column(one, device), tolerance_per_column(other, device))
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.where(finite, np.abs(left - right), 0.0)
    if (error <= tolerance).all():
        return ""
    return f"up to {error.max():.3g} apart in {np.mean(error > tolerance):.0%} of the values"


def compare_statistics(one: Record, other: Record) -> str:
    """Say which statistics of two predictions differ by more than rounding, "" for none.

    Weaker than the predictions themselves: rows that change places are not seen. The scale is the
    spread of the reference, since the statistics do not know columns.
    """
    reference = one.get("reference") or {}
    bounds = [abs(float(reference.get(name) or 0.0)) for name in ("minimum", "maximum")]
    tolerance = TOLERANCES["float32"] * max(bounds)
    if one.get("nan_count") != other.get("nan_count"):
        return "another number of NaN"
    for name in MOMENTS:
        left, right = one.get(name), other.get(name)
        if left is None or right is None:
            if left is not right:
                return f"{name.replace('_', ' ')} of one side is unknown"
        elif not abs(left - right) <= tolerance:
            return f"{name.replace('_', ' ')} {left:.4g} → {right:.4g}"
    return ""
