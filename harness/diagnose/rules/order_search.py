"""In which order of its columns does a table give the outputs that it should? By trying swaps."""

import time
from collections.abc import Callable
from itertools import combinations

import numpy as np

from harness.diagnose.forward.call import CannotCompute
from harness.verdicts.statistics import Array

MOST_COLUMNS, FEWEST_ROWS = 24, 10
CPU_SECONDS = 1.0
Model = Callable[[Array], Array]


def search_order(
    model: Model, table: Array, wanted: Array, fits: Callable[[Array], bool]
) -> list[int] | None:
    """Return the order of the columns with which `model` gives `wanted`, None where none is found.

    Swaps of two columns are tried, and the best is kept, from the order at hand and then from
    orders drawn at random. `fits`: whether outputs are those that are wanted.
    """
    count = table.shape[1]
    if not 2 <= count <= MOST_COLUMNS or len(table) < FEWEST_ROWS:
        return None
    random, end = np.random.default_rng(0), time.process_time() + CPU_SECONDS
    order = np.arange(count)
    while time.process_time() < end:
        try:
            if np.size(model(table)) != wanted.size:  # labels, where the model gives probabilities
                return None
            order, found = descend(model, table, wanted, order, end)
        except CannotCompute:
            return None
        if fits(found):
            return [int(each) for each in order]
        order = random.permutation(count)
    return None


def descend(
    model: Model, table: Array, wanted: Array, order: Array, end: float
) -> tuple[Array, Array]:
    """Return an order that no swap of two columns makes better, and what the model gives for it."""
    outputs = model(table[:, order])
    error = measure(outputs, wanted)
    better = True
    while better and time.process_time() < end:
        better = False
        for one, other in combinations(range(len(order)), 2):
            tried = order.copy()
            tried[[one, other]] = tried[[other, one]]
            given = model(table[:, tried])
            if (left := measure(given, wanted)) < error:
                order, outputs, error, better = tried, given, left, True
    return order, outputs


def measure(outputs: Array, wanted: Array) -> float:
    """Return how far outputs are from those that are wanted; what is not finite is far."""
    apart = np.abs(np.asarray(outputs, np.float64).ravel() - np.asarray(wanted).ravel())
    return float(np.nan_to_num(apart, nan=1e300, posinf=1e300).clip(0, 1e300).sum())
