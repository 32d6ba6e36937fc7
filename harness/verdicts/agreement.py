"""Whether two restored models predict the same, each in its own environment.

With the predictions themselves where both are kept, else (result files) with their statistics.
"""

import msgspec
import numpy as np

from harness.verdicts.statistics import Array, Statistics, as_columns, tolerance_per_column
from harness.verdicts.tolerances import SHARE_OF_SPREAD

MOMENTS = ("minimum", "maximum", "mean", "standard_deviation")


def measure_difference(
    one: Array, other: Array, device: str = "CPU:0", dtypes: tuple[str, str] = ("", "")
) -> str:
    """Say by how much two predictions differ beyond the tolerance of either, "" where within it.

    Arrays of any shape, rows first; NaN and infinity are equal to themselves. `dtypes` names those
    that numpy does not know.
    """
    if one.shape != other.shape or one.dtype.kind not in "fiub" or other.dtype.kind not in "fiub":
        same = one.shape == other.shape and np.array_equal(one, other)
        return "" if same else "another shape" if one.shape != other.shape else "other values"
    left, right = as_columns(one), as_columns(other)
    finite = np.isfinite(left) & np.isfinite(right)
    if not np.array_equal(left[~finite], right[~finite], equal_nan=True):
        return "NaN or infinity elsewhere"
    tolerance = np.maximum(
        tolerance_per_column(one, device, dtypes[0]), tolerance_per_column(other, device, dtypes[1])
    )
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.where(finite, np.abs(left - right), 0.0)
    if (error <= tolerance).all():
        return ""
    return f"up to {error.max():.3g} apart in {np.mean(error > tolerance):.0%} of the values"


def share_reference(one: Statistics | None, other: Statistics | None) -> bool:
    """Say whether two predictions were compared with the same reference; older files know none."""
    if one is None or other is None:
        return False
    left, right = (msgspec.structs.replace(each.reference, dtype="") for each in (one, other))
    return left == right  # files of schema 4 and before say no dtype


def compare_statistics(one: Statistics, other: Statistics) -> str:
    """Say which statistics of two predictions differ by more than rounding, "" for none.

    Weaker than the predictions themselves: rows that change places are not seen. The scale is the
    largest magnitude of the reference, since the statistics do not know columns.
    """
    reference = one.reference
    largest = max(abs(reference.minimum or 0.0), abs(reference.maximum or 0.0))
    shares = [SHARE_OF_SPREAD.get(each.dtype, 0.0) for each in (one, other)]
    tolerance = max(SHARE_OF_SPREAD["float32"], *shares) * largest
    if one.nan_count != other.nan_count:
        return "another number of NaN"
    for name in MOMENTS:
        left: float | None = getattr(one, name)
        right: float | None = getattr(other, name)
        if left is None or right is None:
            if left is not right:
                return f"{name.replace('_', ' ')} of one side is unknown"
        elif not abs(left - right) <= tolerance:
            return f"{name.replace('_', ' ')} {left:.4g} → {right:.4g}"
    return ""
