"""What every scenario must show when it is run twice under one seed."""

from collections.abc import Mapping

import numpy as np

from harness.results.outcome import Outcome, OutcomeKey
from harness.verdicts.statistics import Array, as_columns, largest_magnitudes
from harness.verdicts.tolerances import FOREIGN_EPSILON, SAME_TWICE, UNITS_IN_THE_LAST_PLACE

LARGEST_ARTIFACT = 2**20  # bytes; a lesson's model is small
COMPARED = (
    "nan_count",
    "inf_count",
    "minimum",
    "maximum",
    "mean",
    "standard_deviation",
    "max_absolute_error",
    "correlation",
    "rank_correlation",
)
Predictions = Mapping[OutcomeKey, Array]


def find_faults(
    first: list[Outcome],
    second: list[Outcome],
    predicted: tuple[Predictions, Predictions] = ({}, {}),
) -> list[str]:
    """Return a sentence for every path that is not as declared or not the same twice.

    `predicted` holds what each of the two runs has kept of its predictions.
    """
    faults: list[str] = []
    again = {outcome.path: outcome for outcome in second}
    for outcome in first:
        name, error = outcome.path, outcome.error
        if outcome.judgement != "expected":
            said = f" ({error.type}: {error.message})" if error else ""
            wanted = f" with {outcome.raises!r}" if outcome.raises else ""
            faults.append(
                f"{name} gave {outcome.verdict}, declared {outcome.expected}{wanted}{said}"
            )
        faults += [f"{name} {side_effect}" for side_effect in outcome.side_effects]
        size = outcome.artifact_bytes or 0
        if size > LARGEST_ARTIFACT:
            large = f"{size / 2**20:.1f} MiB"
            faults.append(f"the artifact that {name} reads is {large}; 1 MiB is the most")
        if name not in again:
            faults.append(f"{name} was not run a second time")
        elif not have_same_numbers(
            outcome, again[name], predicted[0].get(outcome.key), predicted[1].get(again[name].key)
        ):
            faults.append(f"{name} gave other numbers the second time under the same seed")
    cures = [each for each in first if each.side in ("fixed", "healthy")]
    if cures and all(each.verdict == "skip" for each in cures):
        return faults
    if not any(each.verdict == "match" for each in cures):
        faults.append("no fixed path matches, so nothing here is cured")
    return list(dict.fromkeys(faults))


def have_same_numbers(
    one: Outcome, other: Outcome, left: Array | None = None, right: Array | None = None
) -> bool:
    """Say whether two outcomes of one path agree in verdict and in every prediction.

    Predictions that were too large to be kept are compared by their statistics; those that say
    how far each row is from its reference see rows that have changed places.
    """
    if one.verdict != other.verdict:
        return False
    if one.statistics is None or other.statistics is None:
        if left is not None and right is not None:  # labels have no statistics
            return np.array_equal(left, right)
        return one.statistics is other.statistics
    # Zeros are zeros, whatever their rounding: it is small against the reference alone.
    if left is not None and right is not None and one.verdict != "zeros":
        dtypes = (one.statistics.dtype, other.statistics.dtype)
        return dtypes[0] == dtypes[1] and have_same_values(left, right, dtypes[0])
    return have_same_statistics(one, other)


def have_same_values(left: Array, right: Array, dtype: str) -> bool:
    """Say whether two predictions agree row by row, each column by its own magnitude."""
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.dtype.kind != "f":
        return np.array_equal(left, right)
    one, other = as_columns(left), as_columns(right)
    finite = np.isfinite(one) & np.isfinite(other)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return False
    epsilon = FOREIGN_EPSILON.get(dtype, float(np.finfo(left.dtype).eps))
    limit = max(SAME_TWICE, UNITS_IN_THE_LAST_PLACE * epsilon) * largest_magnitudes(one)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.where(finite, np.abs(one - other), 0.0)
    return bool((error <= limit).all())


def have_same_statistics(one: Outcome, other: Outcome) -> bool:
    """Say whether the statistics of two predictions agree."""
    assert one.statistics is not None
    assert other.statistics is not None
    scale = abs(one.statistics.reference.maximum or 1.0)
    for name in COMPARED:
        left: float | None = getattr(one.statistics, name)
        right: float | None = getattr(other.statistics, name)
        if left is None or right is None:
            if left is not right:
                return False
            continue
        unit = 1.0 if name in ("correlation", "rank_correlation") else scale
        if abs(left - right) > SAME_TWICE * max(abs(left), unit):
            return False
    return True
