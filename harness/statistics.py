"""What came back, in numbers: the statistics of one restored prediction against its reference.

All functions take numpy arrays of any numeric dtype and shape (rows first) and compute in float64.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
NEAR_ZERO = 1e-6  # share of the reference's largest magnitude below which a value counts as zero

# Rounding of one release, as a share of a column's spread: float16 kernels were seen to differ by
# 7e-3 within one release (mixed precision), float32 ones by less than 1e-5.
TOLERANCES = {"float16": 2e-2, "bfloat16": 2e-2, "float32": 1e-4, "float64": 1e-6}
# A GPU sums in another order than the CPU that wrote the reference (TensorFloat-32 is off).
GPU_FACTOR = 10.0
ULPS = 8  # a column with a large offset and a small spread still rounds at its magnitude


def as_columns(values: Array) -> Array:
    """Return `values` as float64, shape (rows, everything else)."""
    array = np.asarray(values, dtype=np.float64)
    return array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)


def column_scales(reference: Array) -> Array:
    """Spread (max - min) of each reference column; its magnitude where it hardly varies."""
    columns = as_columns(reference)
    spread = np.ptp(columns, axis=0)
    largest = np.abs(columns).max(initial=0.0)
    scales: Array = np.where(
        spread > NEAR_ZERO * largest, spread, max(largest, np.finfo(float).tiny)
    )
    return scales


def tolerance_per_column(reference: Array, device: str = "CPU:0") -> Array:
    """Largest error per output column that still counts as rounding, shape (columns,).

    Integers must agree exactly. Floats get a share of the column's own spread that depends on
    their dtype, and a few units in the last place of the column's magnitude.
    """
    dtype = np.asarray(reference).dtype
    columns = as_columns(reference)
    if dtype.kind not in "f":
        return np.zeros(columns.shape[1])
    share = TOLERANCES.get(dtype.name, TOLERANCES["float32"])
    factor = GPU_FACTOR if device.startswith("GPU") else 1.0
    rounding = ULPS * np.finfo(dtype).eps * np.abs(columns).max(axis=0, initial=0.0)
    tolerance: Array = factor * (share * column_scales(reference) + rounding)
    return tolerance


def describe(values: Array, near_zero: float) -> dict[str, Any]:
    """Count, zeros, range, moments and quantiles of one array; moments over its finite values."""
    flat = as_columns(values).ravel()
    finite = flat[np.isfinite(flat)]
    described: dict[str, Any] = {
        "count": int(flat.size),
        "exact_zeros": float(np.mean(flat == 0)) if flat.size else 0.0,
        "near_zeros": float(np.mean(np.abs(flat) <= near_zero)) if flat.size else 0.0,
        "nan_count": int(np.isnan(flat).sum()),
        "inf_count": int(np.isinf(flat).sum()),
        "minimum": None, "maximum": None, "mean": None, "standard_deviation": None,
        "quantiles": None,
    }  # fmt: skip
    if finite.size:
        with np.errstate(over="ignore"):
            deviation = float(finite.std())
        described |= {
            "minimum": float(finite.min()),
            "maximum": float(finite.max()),
            "mean": float(np.mean(finite)),
            "standard_deviation": deviation if np.isfinite(deviation) else None,
            "quantiles": {
                str(share): float(value)
                for share, value in zip(QUANTILES, np.quantile(finite, QUANTILES), strict=True)
            },
        }
    return described


def average_ranks(values: Array) -> Array:
    """Ranks from 1, ties share their average (scipy.stats.rankdata takes 0.8 s to import)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Array = (ends - (counts - 1) / 2.0)[inverse]
    return ranks


def correlate(one: Array, other: Array) -> float | None:
    """Pearson correlation of two flat arrays; None where either does not vary."""
    one, other = one - one.mean(), other - other.mean()
    one_largest, other_largest = np.abs(one).max(), np.abs(other).max()
    if not (one_largest > 0 and other_largest > 0):
        return None
    one, other = one / one_largest, other / other_largest  # squares neither overflow nor vanish
    value = float((one @ other) / np.sqrt((one @ one) * (other @ other)))
    return max(-1.0, min(1.0, value))


def agree_on_top(values: Array, reference: Array) -> float | None:
    """Share of rows with the same class; None unless the reference looks like a classifier.

    Two or more columns that sum to 1 in every row: arg max. One column within 0..1: a threshold
    of 0.5.
    """
    predicted, wanted = as_columns(values), as_columns(reference)
    within = bool((wanted >= 0).all() and (wanted <= 1).all())
    if np.asarray(reference).dtype.kind != "f" or not within or predicted.shape != wanted.shape:
        return None
    if wanted.shape[1] == 1:
        return float(np.mean((predicted > 0.5) == (wanted > 0.5)))
    if not np.allclose(wanted.sum(axis=1), 1.0, atol=1e-3):
        return None
    return float(np.mean(predicted.argmax(axis=1) == wanted.argmax(axis=1)))


def compare_weights(restored: Sequence[Array], saved: Sequence[Array]) -> str | None:
    """Say whether the saved weights arrived: "equal", "changed", "incomparable", None if unknown.

    With a wrong prediction, "equal" means the function changed, "changed" that the weights did
    not arrive. "incomparable": another number of variables, or other shapes.
    """
    if not saved or not restored:
        return None
    if [weight.shape for weight in restored] != [weight.shape for weight in saved]:
        return "incomparable"
    equal = all(
        np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        for one, other in zip(restored, saved, strict=True)
    )
    return "equal" if equal else "changed"


def compute_statistics(values: Array, reference: Array) -> dict[str, Any]:
    """Describe `values` and compare them with `reference`; comparisons are None across shapes.

    `max_relative_error` is the absolute error over the scale of the error's own column.
    """
    largest = float(np.abs(as_columns(reference)).max(initial=0.0))
    statistics = describe(values, NEAR_ZERO * largest)
    statistics["reference"] = describe(reference, NEAR_ZERO * largest)
    compared: dict[str, Any] = dict.fromkeys(
        (
            "max_absolute_error",
            "max_relative_error",
            "correlation",
            "rank_correlation",
            "top1_agreement",
        )
    )
    restored, wanted = as_columns(values), as_columns(reference)
    if np.shape(values) == np.shape(reference) and restored.size:
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs(restored - wanted)
        if np.isfinite(error).all():
            compared["max_absolute_error"] = float(error.max())
            compared["max_relative_error"] = float((error / column_scales(reference)).max())
        both = np.isfinite(restored.ravel()) & np.isfinite(wanted.ravel())
        if both.sum() > 1:
            one, other = restored.ravel()[both], wanted.ravel()[both]
            compared["correlation"] = correlate(one, other)
            compared["rank_correlation"] = correlate(average_ranks(one), average_ranks(other))
        compared["top1_agreement"] = agree_on_top(values, reference)
    return statistics | compared
