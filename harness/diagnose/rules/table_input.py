"""Rules that compare tables and sequences of training with those of today: scale, order, unit.

The two samples hold other rows, so no rule speaks of a difference that new rows would explain.
"""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.rules.column_order import (
    BY_NAME,
    Columns,
    find_filled,
    find_order,
    fits_another_order,
    measure_columns,
)
from harness.diagnose.rules.image_input import find_truncation, spell_range
from harness.verdicts.statistics import Array

FAR = 6.0  # deviations
FEWEST_ROWS = 10  # for a unit
SHIFTED = 3.0  # deviations that new rows do not explain
TEMPERATURES = {  # (of training, of now): factor and offset
    ("degrees Celsius", "Fahrenheit"): (1.8, 32.0),
    ("degrees Fahrenheit", "Celsius"): (1 / 1.8, -32 / 1.8),
    ("degrees Celsius", "kelvin"): (1.0, 273.15),
    ("kelvin", "degrees Celsius"): (1.0, -273.15),
}
EXACT = 1e-3  # of mean 0 and deviation 1: only a scaler fitted on this very batch is so exact


def find_scaling(before: Array, now: Array) -> Finding | None:
    """Speak where one of the samples is standardised, or brought to 0..1, and the other is not."""
    old, new = measure_columns(before), measure_columns(now)
    # the sample may be a part of now: all of the training set is exact
    is_whole = is_standardised(old) and len(now) > len(before)
    is_refitted = is_exact(new) and not is_whole
    if is_refitted and not np.allclose(old.means, 0, atol=0.5):
        said = "every column has mean 0 and deviation 1 now, and had not in training"
        fix = "predictions = model.predict(raw_inputs)  # as in training"
        return make_finding("scaler-refitted", 0.7, said, fix)
    if is_refitted and not is_exact(old) and len(now) > 2:
        said = "every column has exactly mean 0 and deviation 1 now, as after fit_transform"
        return make_finding("scaler-refitted", 0.8, said)
    filled = find_filled(now)
    is_part = len(now) > len(before) and filled and is_between_0_and_1(before[:, filled])
    if filled and not find_filled(before) and not is_part:
        said = "every column goes from 0 to 1 to the digit now, as after a new fit_transform"
        return make_finding("scaler-refitted", 0.8, said)
    scaled = is_standardised(old) or (is_between_0_and_1(before) and before.shape[0] > 2)
    vary = old.deviations > 0
    away = np.abs(new.means - old.means)[vary] > FAR * old.deviations[vary]
    moved = np.flatnonzero(vary)[away]
    in_part = len(moved) > 1 and is_standardised(measure_columns(before[:, moved]))
    if (
        not (scaled or in_part)
        or not vary.any()
        or (away.mean() < 0.5 and not in_part)
        or np.abs(now).max() < 3 * np.abs(before).max()
    ):
        return None
    column = int((np.abs(new.means - old.means)).argmax())
    said = (
        f"training lies in {spell_range(before)}, now in {spell_range(now)}; column {column} has"
        f" the mean {old.means[column]:.4g} in training and {new.means[column]:.4g} now"
    )
    return make_finding("features-not-scaled", 0.9, said)


def is_exact(columns: Columns) -> bool:
    """Return whether each column that varies has mean 0 and deviation 1, almost to the digit."""
    vary = columns.deviations > 0
    exact = np.abs(columns.means) < EXACT
    return bool(vary.any() and (exact & (np.abs(columns.deviations - 1) < EXACT))[vary].all())


def is_standardised(columns: Columns) -> bool:
    """Return whether most columns have about mean 0 and deviation 1."""
    near = (np.abs(columns.means) < 0.5) & (np.abs(np.log(columns.deviations + 1e-12)) < 0.7)
    return bool(near.mean() >= 0.8)


def is_between_0_and_1(values: Array) -> bool:
    """Return whether the values lie in 0..1 and fill it."""
    return bool(values.min() >= -0.01 and values.max() <= 1.01 and np.ptp(values) > 0.5)


def find_columns(before: Array, now: Array) -> Finding | None:
    """Speak where the columns of now fit those of training in another order."""
    old, new = measure_columns(before), measure_columns(now)
    order = find_order(old, new)
    if order is None:
        said = fits_another_order(old, new)
        return make_finding("columns-in-another-order", 0.75, said, BY_NAME) if said else None
    moved = [place for place, each in enumerate(order) if place != each]
    first = moved[0]
    said = (
        f"column {order[first]} of now fits column {first} of training (mean"
        f" {new.means[order[first]]:.4g} and {old.means[first]:.4g}); {len(moved)} columns moved"
    )
    return make_finding(
        "columns-in-another-order", 0.85, said, f"predictions = model.predict(inputs[:, {order}])"
    )


def find_unit(before: Array, now: Array) -> Finding | None:
    """Speak where mean and deviation of a column are both multiplied by a power of ten."""
    old, new = measure_columns(before), measure_columns(now)
    known = (old.deviations > 0) & (new.deviations > 0) & (np.abs(old.means) > old.deviations / 2)
    for column in np.flatnonzero(known) if len(now) >= FEWEST_ROWS else []:
        factor = new.means[column] / old.means[column]
        middle = np.median(now[:, column]) / (np.median(before[:, column]) or np.nan)
        power = round(float(np.log10(factor))) if factor > 0 else 0
        spread = new.deviations[column] / old.deviations[column]
        near = abs(factor / 10.0**power - 1) < 0.5 and 0.4 < spread / 10.0**power < 2.5
        near = near and abs(middle / 10.0**power - 1) < 0.5
        if power and near:
            said = (
                f"column {column} has mean {old.means[column]:.4g} and deviation"
                f" {old.deviations[column]:.4g} in training, {new.means[column]:.4g} and"
                f" {new.deviations[column]:.4g} now: about {10.0**power:g} times as much"
            )
            fix = f"inputs[:, {column}] /= {10.0**power:g}\npredictions = model.predict(inputs)"
            return make_finding("column-in-another-unit", 0.8, said, fix)
    return None


def find_temperature(before: Array, now: Array) -> Finding | None:
    """Speak where mean and deviation of a column fit another scale of temperature."""
    old, new = measure_columns(before), measure_columns(now)
    for column in np.flatnonzero(old.deviations > 0) if len(now) >= FEWEST_ROWS else []:
        mean, deviation = old.means[column], old.deviations[column]
        if abs(new.means[column] - mean) < SHIFTED * deviation:
            continue  # new rows explain it
        for (was, is_), (factor, offset) in TEMPERATURES.items():
            off = abs(new.means[column] - (factor * mean + offset)) / (factor * deviation)
            wide = new.deviations[column] / (factor * deviation)
            if off < 1 / 3 and 0.7 < wide < 1.4:
                said = (
                    f"column {column} has mean {mean:.4g} and deviation {deviation:.4g} in"
                    f" training, {new.means[column]:.4g} and {new.deviations[column]:.4g} now:"
                    f" as {was} become {is_}"
                )
                fix = (
                    f"inputs[:, {column}] = (inputs[:, {column}] - {offset:g}) / {factor:g}\n"
                    "predictions = model.predict(inputs)"
                )
                return make_finding("column-in-another-unit", 0.75, said, fix)
    return None


def find_far(before: Array, now: Array) -> Finding | None:
    """Speak where the mean of a column lies far from training."""
    old, new = measure_columns(before), measure_columns(now)
    distances = np.abs(new.means - old.means) / np.maximum(old.deviations, 1e-9)
    constant, moved = old.deviations == 0, (now != old.means).mean(axis=0)
    distances[constant & (moved < 0.5)] = 0
    middle = np.median(now, axis=0)
    inside = (middle >= before.min(axis=0)) & (middle <= before.max(axis=0))
    distances[~constant & inside] = 0
    far = int((distances > FAR).sum())
    if not far:
        return None
    column = int(distances.argmax())
    if old.deviations[column] == 0:
        said = f"column {column} is {old.means[column]:.4g} in all of training, and varies now"
        return make_finding("inputs-far-from-training", 0.5, said)
    said = (
        f"column {column} has the mean {new.means[column]:.4g} now and {old.means[column]:.4g} in"
        f" training: {distances[column]:.3g} deviations away; {far} columns lie so far"
    )
    return make_finding("inputs-far-from-training", 0.6, said)


def find_padding(before: Array, now: Array) -> Finding | None:
    """Speak where the zeros of sequences stand at the other end."""
    old, new = (share_in_front(each) for each in (before, now))
    if old is None or new is None or abs(old - new) < 0.8:
        return None
    said = (
        f"of the rows that begin or end with 0, {old:.0%} began with it in training, {new:.0%} now"
    )
    side = "pre" if old > new else "post"
    fix = f'inputs = tf.keras.utils.pad_sequences(texts, maxlen=inputs.shape[1], padding="{side}")'
    return make_finding("padding-on-the-other-side", 0.9, said, fix)


def share_in_front(rows: Array) -> float | None:
    """Return the share of padded rows whose zeros stand in front, None for fewer than three."""
    front, behind = (rows[:, 0] == 0), (rows[:, -1] == 0)
    padded = front ^ behind
    return float(front[padded].mean()) if padded.sum() >= 3 else None


WORD_RULES = (find_padding,)
TABLE_RULES = (
    find_truncation,
    find_columns,
    find_scaling,
    find_unit,
    find_temperature,
    find_far,
)
