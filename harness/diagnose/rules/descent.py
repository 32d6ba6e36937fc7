"""With which numbers are outputs nearest to those that are wanted?"""

import time
from collections.abc import Callable

import numpy as np

from harness.diagnose.rules.column_changes import Family, standardise_columns
from harness.verdicts.statistics import Array

MOST_AT_ONCE = 1 << 17  # numbers of inputs
MOST_STEPS, FIRST_STEPS = 60, 6  # from the best start, and from each
Model = Callable[[Array], Array]


def descend(family: Family, model: Model, target: Array, seconds: float) -> Array | None:
    """Return the numbers with which outputs are nearest: Levenberg's and Marquardt's method."""
    standard = standardise_columns(family)
    fitted = standard.family
    end = time.process_time() + seconds
    weights = 1 / np.maximum(target.std(axis=0), 1e-9)

    def apart(given: Array) -> Array:
        left = (given.reshape(len(target), -1) - target) * weights
        finite: Array = np.nan_to_num(left, nan=1e6, posinf=1e6, neginf=-1e6)
        return finite.ravel()

    best: tuple[float, Array] | None = None
    for start in standard.starts():
        found = walk(fitted, model, apart, start, FIRST_STEPS, end)
        best = found if best is None or found[0] < best[0] else best
    return standard.undo(walk(fitted, model, apart, best[1], MOST_STEPS, end)[1]) if best else None


def walk(
    family: Family,
    model: Model,
    apart: Callable[[Array], Array],
    numbers: Array,
    steps: int,
    end: float,
) -> tuple[float, Array]:
    """Return the error and the numbers after so many steps, or when the time has come."""
    left, damping = apart(model(family.make(numbers))), 1e-3
    error = float(left @ left)
    for _ in range(steps):
        if time.process_time() > end or error < 1e-20:
            break
        slopes = measure_slopes(family, model, apart, numbers, left)
        square = slopes.T @ slopes
        scale = np.diag(np.maximum(np.diag(square), 1e-12))
        for _ in range(6):
            if time.process_time() > end:
                break
            step = np.linalg.solve(square + damping * scale, -slopes.T @ left)
            there = apart(model(family.make(numbers + step)))
            if (now := float(there @ there)) < error:
                numbers, left, error, damping = numbers + step, there, now, damping / 9
                break
            damping *= 7
        else:
            break
    return error, numbers


def measure_slopes(
    family: Family, model: Model, apart: Callable[[Array], Array], numbers: Array, left: Array
) -> Array:
    """Return how the outputs change with each number; few are computed in one batch."""
    moves = 1e-5 * np.maximum(np.abs(numbers), 1e-2)
    tried = [family.make(numbers + move) for move in np.diag(moves)]
    at_once = family.values.size * len(tried) <= MOST_AT_ONCE
    outputs = model(np.concatenate(tried)) if at_once else np.stack([model(each) for each in tried])
    given = outputs.reshape(len(tried), len(family.values), -1)
    return np.stack(
        [(apart(each) - left) / move for each, move in zip(given, moves, strict=True)]
    ).T


def leave_out(family: Family, numbers: Array, is_right: Callable[[Array], bool]) -> Array:
    """Return the numbers without those factors of columns that a logarithm makes needless."""
    columns = family.values.shape[-1]
    spare = numbers.copy()
    spare[:columns][family.logs] = 0
    if len(family.logs) and is_right(spare):
        return spare
    kept = numbers.copy()
    kept[2 * columns :] = 0
    return kept if is_right(kept) else numbers
