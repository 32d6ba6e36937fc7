"""Do the columns of a table fit those of another in another order?"""

from dataclasses import dataclass

import numpy as np

from harness.verdicts.statistics import Array

FITS, MISFITS = 3.0, 6.0  # standard errors: a column fits up to the one, and not from the other on
FEWEST_ROWS = 3
MOST_COLUMNS = 500


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
