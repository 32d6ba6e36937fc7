"""Rules for predictions that say nothing any more: NaN, zeros, one row, certainty, chance.

These are symptoms with several causes each, so their confidence is low.
"""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.rules.outputs import Outputs
from harness.verdicts.statistics import Array, correlate

CERTAIN = 1e-4  # from 0 or 1; a probability that near is certain
ROUNDING = 1e-6  # of a number
MOST_RELATED = 0.3  # correlation of two predictions that share no weights


def find_nan(each: Outputs) -> list[Finding]:
    """Speak where some rows, and not all, are not finite, and the others are right."""
    whole = np.logical_and.reduce(np.isfinite(each.got), axis=1)
    broken = ~whole
    if not broken.any() or not whole.any():
        return []
    right = bool((np.abs(each.wanted - each.got)[whole] <= each.limits).all())
    said = f"{int(broken.sum())} of {len(broken)} rows hold NaN or infinity"
    if right:
        return [make_finding("one-missing-cell", 0.85, f"{said}, and all others are right")]
    return [make_finding("one-missing-cell", 0.4, said)]


def find_dead(each: Outputs) -> list[Finding]:
    """Speak where all rows are equal: zeros, ones, or another row."""
    if not is_one_row(each.got):
        return []
    rows, columns = each.got.shape
    if not each.got.any():
        said = f"all {each.got.size} predictions are 0"
        if each.integers and each.shares:
            found = [make_finding("probability-cast-to-int", 0.7, f"{said}, as integers")]
            if columns > 1 and not each.probabilities and (most := each.wanted.max()) < 0.5:
                also = f"{said}, as integers, and at most {most:.2g} is expected, below 0.5"
                found.append(make_finding("labels-for-probabilities", 0.6, also))
            if columns == 1:
                also = f"{said}, as integers of one column"
                labels = bool((each.wanted == np.trunc(each.wanted)).all())
                found.append(make_finding("argmax-of-one-sigmoid", 0.8 if labels else 0.6, also))
            return found
        if each.probabilities and columns == 1:
            lowest = float(each.wanted.min())
            said += f", where {lowest:.2g} is the smallest that is expected"
            return [
                make_finding("sigmoid-underflow", 0.5, said),
                make_finding("dead-relu-head", 0.2, said),
            ]
        if (each.wanted >= 0).all():
            return [make_finding("dead-relu-head", 0.5, f"{said}, and none is expected below 0")]
        return []
    if columns == 1 and (each.got == 1).all() and each.probabilities:
        said = f"all {rows} predictions are exactly 1, in one column"
        return [  # the numbers fit both, and softmax over one unit is the rarer mistake
            make_finding("missing-rescale-255", 0.5, f"{said}: as of a sigmoid beyond 17"),
            make_finding("softmax-over-one-unit", 0.4, f"{said}; a model file would tell"),
        ]
    said = f"all {rows} predicted rows are equal, and the expected rows are not"
    found = [make_finding("scaler-fitted-on-one-row", 0.4, said)]
    if each.probabilities and is_certain(each.got):
        found.append(make_finding("missing-rescale-255", 0.5, f"{said}; each is certain"))
    return found


def is_one_row(values: Array) -> bool:
    """Return whether all rows are equal but for rounding."""
    return bool((np.abs(values - values[0]) <= ROUNDING * np.abs(values[0])).all())


def find_certain(each: Outputs) -> list[Finding]:
    """Speak where almost all probabilities are 0 or 1, and few of the expected ones are."""
    if not each.probabilities or is_one_row(each.got) or each.integers:
        return []
    certain, before = share_certain(each.got), share_certain(each.wanted)
    if certain < 0.9 or before > 0.5 or each.got.min() < 0 or each.got.max() > 1:
        return []
    said = f"{certain:.0%} of the predictions are 0 or 1, and {before:.0%} of the expected ones"
    return [make_finding("missing-rescale-255", 0.5, said)]


def is_certain(values: Array) -> bool:
    """Return whether every value is 0 or 1 to a few digits."""
    return share_certain(values) == 1


def share_certain(values: Array) -> float:
    """Return the share of values that are 0 or 1 to a few digits."""
    return float(np.mean((np.abs(values) < CERTAIN) | (np.abs(values - 1) < CERTAIN)))


def find_chance(first: Outputs, second: Array) -> list[Finding]:
    """Speak where two predictions of the same inputs differ; `second` has the shape of `got`."""
    one, other = np.isfinite(first.got), np.isfinite(second)
    if (broken := (one != other).any(axis=1)).any():
        said = f"{int(broken.sum())} of {len(broken)} rows hold NaN or infinity in one call only"
        return [
            make_finding("stateful-rnn-residue", 0.4, said),
            make_finding("training-mode-at-inference", 0.3, said),
        ]
    kept = one & other
    difference = np.abs(np.where(kept, first.got, 0) - np.where(kept, second, 0))
    if (difference <= first.limits).all():
        return []
    largest = float(difference.max())
    related = correlate(first.got[kept], second[kept])
    said = f"two predictions of the same inputs differ by up to {largest:.3g}"
    shown = "" if related is None else f", and correlate with {related:.2f}"
    if related is not None and related < MOST_RELATED:
        return [
            make_finding("weights-drawn-anew", 0.7, said + shown),
            make_finding("training-mode-at-inference", 0.3, said + shown),
        ]
    return [
        make_finding("training-mode-at-inference", 0.7, said + shown),
        make_finding("weights-drawn-anew", 0.3, said + shown),
    ]
