"""The file computes something else than what is expected: another model, or inputs without a step?

What speaks for each side is weighed. A lost step is the commoner mistake, so it comes first where
nothing speaks for another model.
"""

from collections.abc import Sequence

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.rules.outputs import make_outputs
from harness.diagnose.rules.samples import drop_ones
from harness.verdicts.statistics import Array, correlate

NEAR_END = 0.01
FEWEST_ROWS, LEAST_SHARE = 4, 0.1  # of rows that are right to the last digit
APART_FROM = 0.95  # of the right rows: a cell just beyond a bound is right within rounding
FOLLOWS = 0.8  # correlation from which outputs are those of the same task
NARROW, WIDE, SHIFTED = 0.4, 2.0, 0.5  # of the expected deviation
USUAL, APART = 10.0, 10.0  # of standardised inputs; a factor between two spreads
STEP, MODEL = "inputs-lack-a-step", "another-model-in-the-file"


def weigh_sides(inputs: Sequence[Array], own: Array, wanted: Array) -> list[Finding]:
    """Return both causes, the likelier one first, with what speaks for it."""
    if drop_ones(own).shape != drop_ones(wanted).shape:
        said = f"the file gives {own.shape[1:]} for a row, and {wanted.shape[1:]} is expected"
        return [make_finding(MODEL, 0.7, said)]
    if said := spell_right_rows(inputs, own, wanted):
        return [make_finding(STEP, 0.7, said)]
    if said := spell_other_size(inputs, own, wanted):
        return [
            make_finding(MODEL, 0.5, f"{said}; the side is open"),
            make_finding(STEP, 0.3, "no lost step that is looked for here gives what is expected"),
        ]
    if said := spell_likeness(own, wanted):
        return [
            make_finding(STEP, 0.5, "a step that changes little leaves the outputs alike"),
            make_finding(MODEL, 0.4, f"{said}; the side is open"),
        ]
    said = (
        "the file's outputs do not follow the expected ones, as those of another training for the"
        " same task mostly do; the side is open"
    )
    return [
        make_finding(STEP, 0.5, said),
        make_finding(MODEL, 0.3, "nothing that is looked for here speaks for it or against it"),
    ]


def spell_right_rows(inputs: Sequence[Array], own: Array, wanted: Array) -> str:
    """Return that some rows are right to the last digit, "" for less than a tenth of them.

    Rows whose outputs are all near an end, 0 or 1, are right in many models.
    """
    each = make_outputs(drop_ones(wanted), drop_ones(own))
    right = (np.abs(each.wanted - each.got) <= each.limits).all(axis=1)
    ends = (np.abs(each.wanted) < NEAR_END) | (np.abs(each.wanted - 1) < NEAR_END)
    tells = right & ~ends.all(axis=1)
    distinct = len(np.unique(each.wanted[tells], axis=0))
    if distinct < max(FEWEST_ROWS, LEAST_SHARE * len(right)):
        return ""
    said = (
        f"{int(right.sum())} of {len(right)} rows are right to the last digit, so the weights are"
        f" right; what differs are the inputs of the other rows, such as row {int(right.argmin())}"
    )
    return said + spell_bound(inputs, right)


def spell_bound(inputs: Sequence[Array], right: Array) -> str:
    """Return the column whose size tells wrong rows from right ones, "" where none does."""
    if len(inputs) != 1 or inputs[0].ndim != 2 or (~right).sum() < FEWEST_ROWS:
        return ""
    for at, column in enumerate(np.asarray(inputs[0], np.float64).T):
        alone = np.ptp(column[~right]) == 0 and column[~right][0] not in column[right]
        if alone and len(np.unique(column[right])) > 2:
            value = float(column[~right][0])
            said = f"; in all of them, and in no right one, column {at} is {value:.7g}"
            return f"{said}, as a code for a missing cell would be"
        for sign, word in ((1, "above"), (-1, "below")):
            bound = float((sign * column[~right]).min())
            if np.mean(sign * column[right] < bound) >= APART_FROM:
                said = f"; in all of them column {at} is {word} {sign * bound:.3g} or so"
                return f"{said}, as if it had been cut off there"
    return ""


def spell_likeness(own: Array, wanted: Array) -> str:
    """Return that outputs follow the expected ones in order, place and spread, "" where not."""
    one, other = (np.asarray(each, np.float64).reshape(len(each), -1) for each in (own, wanted))
    spread = other.std(axis=0)
    if len(one) < FEWEST_ROWS or not np.isfinite(one).all() or not spread.all():
        return ""
    related = [correlate(left, right) for left, right in zip(one.T, other.T, strict=True)]
    mean = float(np.mean([each or 0.0 for each in related]))
    share = float(np.mean(one.std(axis=0) / spread))
    apart = float(np.mean(np.abs(one.mean(axis=0) - other.mean(axis=0)) / spread))
    if mean < FOLLOWS or not NARROW <= share <= WIDE or apart > SHIFTED:
        return ""
    return (
        f"the file's outputs follow the expected ones (correlation {mean:.2f}), with {share:.2f}"
        " times their spread, as those of another training for the same task do"
    )


def spell_other_size(inputs: Sequence[Array], own: Array, wanted: Array) -> str:
    """Return that inputs of a usual size give outputs of quite another one, "" where not."""
    reach = max(float(np.abs(each).max(initial=0)) for each in inputs)
    whole = any(bool((each == np.trunc(each)).all()) for each in inputs)
    if reach > USUAL or whole or not np.isfinite(own).all():
        return ""
    spread, width = float(wanted.std()), float(own.std())
    far = abs(float(own.mean() - wanted.mean())) > APART * max(spread, width)
    if not far and 1 / APART < width / max(spread, 1e-12) < APART:
        return ""
    return (
        f"inputs of a usual size, at most {reach:.2g}, give outputs of {own.mean():.3g} on average,"
        f" {width:.2g} wide, and those expected are {wanted.mean():.3g}, {spread:.2g} wide"
    )
