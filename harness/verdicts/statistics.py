"""What came back, in numbers: the statistics of one restored prediction against its reference.

All functions take numpy arrays of any numeric dtype and shape (rows first) and compute in float64.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from harness.verdicts.tolerances import (
    COARSE_UNITS,
    FOREIGN_EPSILON,
    GPU_FACTOR,
    NEAR_ZERO,
    SHARE_OF_SPREAD,
    UNITS_IN_THE_LAST_PLACE,
)

Array = NDArray[Any]
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
WeightsArrived = Literal["equal", "changed", "incomparable"]


class Description(msgspec.Struct, kw_only=True):
    """One array in numbers: shares, counts, and range, moments and quantiles of finite values.

    `exact_zeros` and `near_zeros` are shares of all values. The last six are None where no value
    is finite; `quantiles` maps the share, such as "0.5", to the value. `dtype` is what the model
    gave, "bfloat16" too; "" in older files.
    """

    dtype: str = ""
    count: int = 0
    exact_zeros: float = 0.0
    near_zeros: float = 0.0
    nan_count: int = 0
    inf_count: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    standard_deviation: float | None = None
    quantiles: dict[str, float] | None = None


class Statistics(Description, kw_only=True):
    """A restored prediction, described and compared with its `reference`.

    `max_relative_error` is the largest absolute error over the scale of its own column. A number
    is None where the two cannot be compared. `weights` says whether the saved weights arrived.
    """

    reference: Description = msgspec.field(default_factory=Description)
    max_absolute_error: float | None = None
    max_relative_error: float | None = None
    correlation: float | None = None
    rank_correlation: float | None = None
    top1_agreement: float | None = None
    weights: WeightsArrived | None = None


def as_columns(values: Array) -> Array:
    """Return `values` as float64, shape (rows, everything else)."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0:
        return array.reshape(1, 1)
    return array.reshape(len(array), int(np.prod(array.shape[1:])))  # -1 fails on no rows


def largest_magnitudes(columns: Array) -> Array:
    """Largest finite magnitude in each column."""
    magnitudes: Array = np.where(np.isfinite(columns), np.abs(columns), 0.0).max(0, initial=0.0)
    return magnitudes


def column_scales(reference: Array) -> Array:
    """Spread (max - min) of each reference column; its magnitude where it hardly varies.

    Columns may have other units, so none is measured by another's size, except a column of zeros.
    """
    columns = as_columns(reference)
    finite, magnitudes = np.isfinite(columns), largest_magnitudes(columns)
    with np.errstate(over="ignore"):
        spread = np.where(finite, columns, -np.inf).max(0, initial=-np.inf) - np.where(
            finite, columns, np.inf
        ).min(0, initial=np.inf)
    spread = np.minimum(spread, np.finfo(float).max)
    scales: Array = np.where(spread > NEAR_ZERO * magnitudes, spread, magnitudes)
    scales = np.where(scales > 0, scales, NEAR_ZERO * magnitudes.max(initial=0.0))
    return np.maximum(scales, np.finfo(float).tiny)


def tolerance_per_column(reference: Array, device: str = "CPU:0", dtype: str = "") -> Array:
    """Largest error per output column that still counts as rounding, shape (columns,).

    Integers must agree exactly. Floats get a share of the column's own spread that depends on
    their dtype, a few units in the last place of the column's magnitude, and the numbers so small
    that some kernels flush them to zero. `dtype` names one that numpy does not know, such as
    "bfloat16", whose numbers stand in `reference` as float32.
    """
    columns, kept = as_columns(reference), np.asarray(reference).dtype
    if kept.kind not in "f":
        return np.zeros(columns.shape[1])
    name = dtype or kept.name
    share = SHARE_OF_SPREAD.get(name, SHARE_OF_SPREAD["float32"])
    factor = GPU_FACTOR if device.startswith("GPU") else 1.0
    limits = np.finfo(kept)
    epsilon = FOREIGN_EPSILON.get(name, float(limits.eps))
    units = COARSE_UNITS.get(name, UNITS_IN_THE_LAST_PLACE)
    rounding = units * epsilon * largest_magnitudes(columns)
    smallest = UNITS_IN_THE_LAST_PLACE * limits.smallest_subnormal
    flushed = float(limits.tiny if kept.itemsize > 2 else smallest)
    tolerance: Array = factor * (share * column_scales(reference) + rounding) + flushed
    return tolerance


def describe_array(values: Array, near_zero: float, dtype: str = "") -> Description:
    """Count, zeros, range, moments and quantiles of one array; moments over its finite values."""
    flat = as_columns(values).ravel()
    finite = flat[np.isfinite(flat)]
    described = Description(
        dtype=dtype or np.asarray(values).dtype.name,
        count=int(flat.size),
        exact_zeros=float(np.mean(flat == 0)) if flat.size else 0.0,
        near_zeros=float(np.mean(np.abs(flat) <= near_zero)) if flat.size else 0.0,
        nan_count=int(np.isnan(flat).sum()),
        inf_count=int(np.isinf(flat).sum()),
    )
    if finite.size:
        lowest, highest, exponent = finite.min(), finite.max(), find_exponent(finite)
        scaled = np.ldexp(finite, -exponent)  # neither sums nor squares overflow or vanish
        bounded = np.clip(
            [scaled.mean(), *np.quantile(scaled, QUANTILES)], scaled.min(), scaled.max()
        )
        mean, *quantiles = np.clip(np.ldexp(bounded, exponent), lowest, highest).tolist()
        described.minimum, described.maximum, described.mean = float(lowest), float(highest), mean
        deviation = min(scaled.std(), np.abs(scaled).max())
        described.standard_deviation = float(np.ldexp(deviation, exponent))
        described.quantiles = {
            str(share): value for share, value in zip(QUANTILES, quantiles, strict=True)
        }
    return described


def find_exponent(values: Array) -> int:
    """Return the power of two by which dividing brings all of `values` within -1..1."""
    return int(np.frexp(np.abs(values).max())[1])


def average_ranks(values: Array) -> Array:
    """Ranks from 1, ties share their average (scipy.stats.rankdata takes 0.8 s to import)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Array = (ends - (counts - 1) / 2.0)[inverse]
    return ranks


def correlate(one: Array, other: Array) -> float | None:
    """Pearson correlation of two flat arrays; None where either does not vary."""
    if one.min() == one.max() or other.min() == other.max():
        return None  # not left to the deviations: a mean rounds, 0.1 - mean([0.1] * 3) is not 0
    one, other = center(one), center(other)
    value = float((one @ other) / np.sqrt((one @ one) * (other @ other)))
    return max(-1.0, min(1.0, value))


def center(values: Array) -> Array:
    """Deviations from the mean, over the largest one: their squares neither overflow nor vanish."""
    scaled = np.ldexp(values, -find_exponent(values))
    deviations = scaled - scaled.mean()
    centered: Array = deviations / np.abs(deviations).max()
    return centered


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


def compare_weights(restored: Sequence[Array], saved: Sequence[Array]) -> WeightsArrived | None:
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


def compute_statistics(
    values: Array,
    reference: Array,
    weights: WeightsArrived | None = None,
    dtypes: tuple[str, str] = ("", ""),
) -> Statistics:
    """Describe `values` and compare them with `reference`; comparisons are None across shapes.

    `dtypes` names those of the two that numpy does not know.
    """
    largest = float(largest_magnitudes(as_columns(reference)).max(initial=0.0))
    near_zero = NEAR_ZERO * largest
    statistics = Statistics(
        **msgspec.structs.asdict(describe_array(values, near_zero, dtypes[0])),
        reference=describe_array(reference, near_zero, dtypes[1]),
        weights=weights,
    )
    restored, wanted = as_columns(values), as_columns(reference)
    if np.shape(values) == np.shape(reference) and restored.size:
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs(restored - wanted)
        if np.isfinite(error).all():
            statistics.max_absolute_error = float(error.max())
            with np.errstate(over="ignore"):
                relative = float((error / column_scales(reference)).max())
            statistics.max_relative_error = relative if np.isfinite(relative) else None
        both = np.isfinite(restored.ravel()) & np.isfinite(wanted.ravel())
        if both.sum() > 1:
            one, other = restored.ravel()[both], wanted.ravel()[both]
            statistics.correlation = correlate(one, other)
            statistics.rank_correlation = correlate(average_ranks(one), average_ranks(other))
        statistics.top1_agreement = agree_on_top(values, reference)
    return statistics
