"""Do the columns of a table fit those of another in another order?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.verdicts.statistics import Array

FITS, MISFITS = 3.0, 6.0  # standard errors: a column fits up to the one, and not from the other on
FEWEST_ROWS = 3
MOST_COLUMNS = 500
FEWEST_MIXED, MOST_MIXED = 4, 100  # columns, where some of them are alike
FEWEST_DISTINCT, ENDS = 10, 1e-6  # rows
FEWEST_WRONG, FEWEST_ALIKE_ROWS = 3, 10

BY_NAME = "predictions = model.predict(frame[columns_of_training])  # by name, as in training"


@dataclass(frozen=True)
class Columns:
    """Mean and standard deviation of each column, and of how many rows; the last axis counts."""

    means: Array
    deviations: Array
    rows: int


def measure_columns(values: Array) -> Columns:
    """Return the columns of an array, rows first."""
    flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1] if values.ndim > 1 else 1)
    return Columns(flat.mean(axis=0), flat.std(axis=0), len(flat))


def spell_columns(columns: Sequence[int]) -> str:
    """Return places of columns as they are said."""
    named = ", ".join(map(str, columns))
    return f"column {named}" if len(columns) == 1 else f"the columns {named}"


def find_filled(values: Array) -> list[int]:
    """Return the columns that end at 0 and 1 to the digit, as MinMaxScaler leaves what it learns.

    Columns of few values, such as one-hot ones or grades, say nothing of it. [] where one of the
    others does not end so, or there are none.
    """
    flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1])
    if len(flat) < FEWEST_DISTINCT:
        return []
    told = [at for at, each in enumerate(flat.T) if len(np.unique(each)) > len(flat) / 2]
    low, high = flat[:, told].min(axis=0), flat[:, told].max(axis=0)
    ends = bool(((np.abs(low) < ENDS) & (np.abs(high - 1) < ENDS)).all())
    return told if ends and len(told) > 1 else []


def find_order(wanted: Columns, got: Columns) -> list[int] | None:
    """Return, for each column of `wanted`, the column of `got` that fits; None for no such order.

    At least two columns must misfit where they stand. Every column must fit its new place, and one
    that moves no other place.
    """
    count = len(wanted.means)
    if count != len(got.means) or not 2 <= count <= MOST_COLUMNS or got.rows < FEWEST_ROWS:
        return None
    distances = measure_distances(wanted, got)  # [wanted, got]
    straight = np.diag(distances)
    if (straight > MISFITS).sum() < 2:
        return None
    np.fill_diagonal(distances, np.where(straight <= FITS, 0, straight))  # stays where it may
    order = distances.argmin(axis=1)
    moved = order != np.arange(count)
    best = np.sort(distances[moved], axis=1)
    if len(set(order.tolist())) < count or (distances.min(axis=1) > FITS).any():
        return None
    if (best[:, 1] < FITS).any():
        return None  # a column fits two places
    return [int(each) for each in order]


def fits_another_order(wanted: Columns, got: Columns) -> str:
    """Return that columns fit only in another order, whichever it is; "" where nobody can tell.

    Columns that are alike, such as one-hot ones, fit several places, so find_order is silent.
    """
    count = len(wanted.means)
    if count != len(got.means) or not FEWEST_MIXED <= count <= MOST_MIXED:
        return ""
    distances = measure_distances(wanted, got)
    straight = np.diag(distances)
    wrong = int((straight > MISFITS).sum())
    if got.rows < FEWEST_ALIKE_ROWS or wrong < FEWEST_WRONG or wrong < count / 4:
        return ""
    if not has_places(distances <= FITS):
        return ""
    first = int(straight.argmax())
    return (
        f"column {first} of now has the mean {got.means[first]:.4g}, and {wanted.means[first]:.4g}"
        f" in training; {wrong} columns fit no longer where they stand, and all fit in another"
        " order"
    )


def has_places(fits: Array) -> bool:
    """Return whether each row can have a column of its own: Kuhn's augmenting paths."""
    owners: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column in np.flatnonzero(fits[row]).tolist():
            if column not in seen:
                seen.add(column)
                if column not in owners or place(owners[column], seen):
                    owners[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(fits)))


def measure_distances(wanted: Columns, got: Columns) -> Array:
    """Return how far each column of `got` lies from each of `wanted`, in standard errors.

    Rows of today may come from a narrower range than those of training; so a mean may be off by a
    third of a deviation, and a deviation by a factor of two, before it counts.
    """
    deviations = np.maximum(wanted.deviations, 1e-9 + 1e-9 * np.abs(wanted.means))[:, None]
    allowed = deviations * (1 / 3 + 1 / np.sqrt(got.rows))
    means = np.abs(wanted.means[:, None] - got.means[None]) / allowed
    ratios = np.abs(np.log((got.deviations[None] + 1e-12) / (deviations + 1e-12)))
    spreads = ratios / (np.log(2) * (0.5 + 2 / np.sqrt(got.rows)))
    result: Array = np.maximum(means, spreads if got.rows >= 10 else 0)
    return result
