"""Inputs of training beside the inputs of today: what differs, and what it is called.

A difference of shape, or cells that are missing, says all. Else the rules for images, for words or
for tables are asked.
"""

from collections.abc import Callable, Sequence

import numpy as np

from harness.diagnose.findings import Finding, make_finding, rank
from harness.diagnose.rules.image_input import IMAGE_RULES, find_truncation
from harness.diagnose.rules.table_input import TABLE_RULES, WORD_RULES, find_far, find_scaling
from harness.verdicts.statistics import Array

CHANCE = 1e-4  # with which new rows may look like a fault
MOST_NUMBERS = 1 << 24  # of a sample that are looked at
CHANNELS = (1, 3, 4)  # of images
SHORTEST_SIDE = 8  # of an image without an axis for channels
Rule = Callable[[Array, Array], Finding | None]


def compare_inputs(training: Array, inputs: Array) -> list[Finding]:
    """Return what differs between inputs of training and those of today; rows first, numbers.

    A difference of shape says all: nothing else is compared then.
    """
    if training.dtype.kind not in "fiub" or inputs.dtype.kind not in "fiub":
        return []
    if training.ndim == 0 or inputs.ndim == 0 or not training.size or not inputs.size:
        return []
    if training.ndim == inputs.ndim == 1:  # one column
        training, inputs = training[:, np.newaxis], inputs[:, np.newaxis]
    if other := find_shape(training, inputs):
        return [other]
    before, now = (np.asarray(cut_rows(each), np.float64) for each in (training, inputs))
    if missing := find_missing(before, now):
        return [missing]
    if not (np.isfinite(before).all() and np.isfinite(now).all()):
        return []
    if zeros := find_zeros(before, now):
        return [zeros]
    image = are_images(training)
    rules: Sequence[Rule] = TABLE_RULES
    if image or are_words(before):
        rules = IMAGE_RULES if image else WORD_RULES
    elif before.ndim > 2:
        rules = SERIES_RULES
    found = [finding for rule in rules if (finding := rule(before, now))]
    return rank(found if image else found[:1])  # in a table one difference explains the others


def find_in_steps(rule: Rule) -> Rule:
    """Return a rule of tables for series: every step is a row, the last axis holds the columns."""

    def find(before: Array, now: Array) -> Finding | None:
        rows, today = (each.reshape(-1, each.shape[-1]) for each in (before, now))
        return rule(rows, today)

    return find


SERIES_RULES: Sequence[Rule] = (
    find_truncation,
    find_in_steps(find_scaling),
    find_in_steps(find_far),
)


def cut_rows(values: Array) -> Array:
    """Return the first rows, as many as are looked at."""
    each = max(1, int(np.prod(values.shape[1:])))
    return values[: max(1, MOST_NUMBERS // each)]


def are_images(values: Array) -> bool:
    """Return whether rows are images: with 1, 3 or 4 channels, or without and not as a series."""
    if values.ndim == 4:
        return values.shape[-1] in CHANNELS or values.shape[1] in CHANNELS
    if values.ndim != 3:
        return False
    shorter, longer = sorted(values.shape[1:])
    return values.dtype == np.uint8 or (shorter >= SHORTEST_SIDE and longer <= 2 * shorter)


def are_words(values: Array) -> bool:
    """Return whether rows are numbers of words: whole, not negative, more than a few."""
    return values.ndim == 2 and bool((values == np.trunc(values)).all()) and values.max() > 2


def find_shape(training: Array, inputs: Array) -> Finding | None:
    """Speak where rows have another shape."""
    wanted, got = training.shape[1:], inputs.shape[1:]
    said = f"rows of training have the shape {wanted}, those of now {got}"
    if wanted == got:
        return None
    if inputs.shape == wanted:
        said = f"one row of training has the shape {wanted}, and so has the whole of --inputs"
        return make_finding(
            "inputs-of-another-shape", 0.9, said, "predictions = model.predict(inputs[np.newaxis])"
        )
    if len(wanted) > 1 and sorted(wanted) == sorted(got):
        order = match_axes(wanted, got)
        axes = ", ".join(str(1 + each) for each in order)
        fix = f"predictions = model.predict(inputs.transpose(0, {axes}))"
        return make_finding("input-axes-exchanged", 0.9, said, fix)
    return make_finding("inputs-of-another-shape", 0.9, said)


def match_axes(wanted: Sequence[int], got: Sequence[int]) -> list[int]:
    """Return the axes of `got` in the order of `wanted`; both have the same lengths."""
    free = list(range(len(got)))
    order = []
    for length in wanted:
        axis = next(each for each in free if got[each] == length)
        free.remove(axis)
        order.append(axis)
    return order


def find_missing(before: Array, now: Array) -> Finding | None:
    """Speak where cells are NaN or infinite now, and were not in training."""
    broken = int((~np.isfinite(now)).sum())
    if not broken or not np.isfinite(before).all():
        return None
    where = np.argwhere(~np.isfinite(now))[0]
    said = f"{broken} of {now.size} numbers are NaN or infinite now, the first at {where.tolist()}"
    return make_finding("one-missing-cell", 0.85, f"{said}, and none in training")


def find_zeros(before: Array, now: Array) -> Finding | None:
    """Speak where all inputs are 0."""
    if now.any() or not before.any():
        return None
    empty = float((before.reshape(len(before), -1) == 0).all(axis=1).mean())
    if empty ** len(now) > CHANCE:
        return None  # rows of zeros alone are usual
    said = f"all {now.size} numbers are 0 now; in training {np.mean(before != 0):.0%} are not"
    return make_finding("batch-never-filled", 0.95, said)
