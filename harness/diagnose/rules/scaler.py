"""Do the inputs of today look as the scaler leaves them, or as it gets them, or scaled twice?

Each of the three is tried: the rows are brought to what would then be the scaler's output, and this
is typical or it is not. A rule speaks only where one of the three fits and the others do not.
"""

import numpy as np

from harness.diagnose.file_answer import Expectation
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.rules.column_order import (
    BY_NAME,
    Columns,
    find_filled,
    find_order,
    fits_another_order,
    measure_columns,
    spell_columns,
)
from harness.diagnose.scaler import Scaler
from harness.verdicts.statistics import Array

MOST_FITTING, FEWEST_FITTING = 0.9, 0.5  # of the columns: it is so; it is not so
FEWEST_ROWS = 10  # for a deviation to count
EXACT = 1e-3
NEAR, FAR, WIDE = 2.0, 4.0, 5.0  # deviations of training; a factor between two deviations
BY_NAME_THEN_SCALED = (
    "scaled = scaler.transform(frame[columns_of_training])  # by name, and then scaled\n"
    "predictions = model.predict(scaled)"
)
SAME = 0.05  # of a deviation: the statistics of two places are the same


def compare_scaler(
    scaler: Scaler, inputs: Array, expectation: Expectation | None = None
) -> list[Finding]:
    """Return what inputs say beside a scaler, and beside what the first layer expects."""
    if inputs.dtype.kind not in "fiu" or inputs.ndim < 2 or not inputs.size:
        return []
    columns = len(scaler.center)
    if said := spell_misfit(scaler, inputs):
        wanted = expectation is not None and len(expectation.mean) == columns
        return [make_finding("inputs-of-another-shape", 0.9, said)] if wanted else []
    values = np.asarray(inputs, np.float64).reshape(-1, columns)
    if not np.isfinite(values).all():
        said = f"{int((~np.isfinite(values)).sum())} numbers of the inputs are NaN or infinite"
        return [make_finding("one-missing-cell", 0.85, said)]
    if not scaler.is_usual:
        return []
    if refitted := say_refitted(scaler, values):
        return refitted  # rows of another range look neither raw nor scaled
    shares = {
        "raw": share_typical(scaler, scaler.transform(values)),
        "scaled": share_typical(scaler, values),
        "twice": share_typical(scaler, scaler.undo(values)),
    }
    fitting = [name for name, share in shares.items() if share >= MOST_FITTING]
    others = [name for name, share in shares.items() if share >= FEWEST_FITTING]
    inside = does_same(scaler, expectation)
    if fitting == others == ["raw"]:
        return [] if inside else [say_raw(scaler, values)]
    if fitting == others == ["twice"]:
        return [say_twice(values, "the values are those of training, scaled and scaled again")]
    if fitting == others == ["scaled"]:
        if inside and expectation:
            said = f"they are scaled, and the layer {expectation.layer} has the scaler's statistics"
            fix = "predictions = model.predict(raw_inputs)  # the model scales them itself"
            return [say_twice(values, said, fix)]
        return say_in_part(scaler, values)
    return (say_order(scaler, values) if not fitting else []) or say_in_part(scaler, values)


def spell_misfit(scaler: Scaler, inputs: Array) -> str:
    """Return that the inputs have another number of columns, "" where they have not.

    This is usual where other columns, one-hot ones say, stand beside those that are scaled.
    """
    columns = len(scaler.center)
    if inputs.ndim < 2 or inputs.shape[-1] == columns:
        return ""
    return f"the scaler learned {columns} columns, and the inputs have {inputs.shape[-1]}"


def share_typical(scaler: Scaler, scaled: Array) -> float:
    """Return the share of columns that look like the scaler's output."""
    rows = len(scaled)
    if scaler.low is not None:
        low, high = scaler.to
        room = 0.25 * (high - low)
        inside = ((scaled >= low - room) & (scaled <= high + room)).mean(axis=0) >= 0.98
        wide = np.ptp(scaled, axis=0) > 0.02 * (high - low) if rows >= FEWEST_ROWS else True
        return float(np.mean(inside & wide))
    near = np.abs(scaled.mean(axis=0)) < 1.5 + 3 / np.sqrt(rows)
    if rows >= FEWEST_ROWS:
        near &= (scaled.std(axis=0) > 0.1) & (scaled.std(axis=0) < 10)
    return float(near.mean())


def does_same(scaler: Scaler, expectation: Expectation | None) -> bool:
    """Return whether the model's first layer scales by the statistics that the scaler has."""
    if expectation is None or len(expectation.mean) != len(scaler.center):
        return False
    if scaler.low is not None or expectation.kind != "Normalization":
        return False
    mean, deviation = np.array(expectation.mean), np.sqrt(np.array(expectation.variance))
    near = np.abs(mean - scaler.center) < SAME * scaler.divisor
    return bool((near & (np.abs(deviation / scaler.divisor - 1) < SAME)).all())


def say_raw(scaler: Scaler, values: Array) -> Finding:
    """Return the finding for inputs that the scaler has not seen."""
    column = int(np.abs(scaler.transform(values) - values).mean(axis=0).argmax())
    if scaler.low is not None and scaler.high is not None:
        learned = f"{scaler.low[column]:.4g} to {scaler.high[column]:.4g}"
        now = f"lies in {values[:, column].min():.4g} to {values[:, column].max():.4g}"
    else:
        learned = f"mean {scaler.center[column]:.4g}, scale {scaler.divisor[column]:.4g}"
        now = f"has the mean {values[:, column].mean():.4g}"
    said = f"column {column} {now}; the scaler learned {learned} from raw values"
    fix = "predictions = model.predict(scaler.transform(inputs))"
    return make_finding("features-not-scaled", 0.9, said, fix)


def say_twice(values: Array, said: str, fix: str = "") -> Finding:
    """Return the finding for inputs that are scaled once too often."""
    column = int(np.abs(values.mean(axis=0)).argmax())
    mean = f"column {column} has the mean {values[:, column].mean():.4g}"
    return make_finding("scaled-twice", 0.9, f"{mean}; {said}", fix)


def say_refitted(scaler: Scaler, values: Array) -> list[Finding]:
    """Speak where a batch is exactly as after fit_transform, though it is no training set."""
    if not scaler.rows or len(values) in (1, 2, scaler.rows):
        return []  # these may be all the rows of training, which are so too
    if find_filled(values):
        said = f"each column of the {len(values)} rows goes from 0 to 1 to the digit"
        return [make_finding("scaler-refitted", 0.8, f"{said}, as after fit_transform")]
    if scaler.low is not None or scaler.kind != "StandardScaler":
        return []
    columns = measure_columns(values)
    vary = columns.deviations > 0
    exact = (np.abs(columns.means) < EXACT) & (np.abs(columns.deviations - 1) < EXACT)
    if not vary.any() or not exact[vary].all() or len(values) == scaler.rows:
        return []
    said = f"the {len(values)} rows have exactly mean 0 and deviation 1, as after fit_transform"
    return [make_finding("scaler-refitted", 0.8, said)]


def say_in_part(scaler: Scaler, values: Array) -> list[Finding]:
    """Speak where some columns are scaled and others raw, or where only the mean was taken away."""
    if scaler.low is not None or len(values) < FEWEST_ROWS:
        return []
    means, deviations = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-12)
    scaled = (np.abs(means) < NEAR) & (np.abs(np.log(deviations)) < np.log(WIDE))
    alike = np.abs(np.log(deviations / scaler.divisor)) < np.log(WIDE)
    unlike = (np.abs(means) > FAR) | (deviations > WIDE)  # a narrow batch is usual
    left = np.flatnonzero(alike & unlike)
    if not left.size or not (scaled | (alike & unlike)).all():
        return []
    raw, centred = (np.abs(means - each) / scaler.divisor for each in (scaler.center, 0))
    if centred[left].sum() < raw[left].sum():
        if centred[left].max() > NEAR or len(left) < len(means) / 4:
            return []
        first = int(left[np.abs(np.log(deviations[left])).argmax()])
        said = (
            "the columns have about mean 0, and the deviations of raw ones, such as"
            f" {deviations[first]:.4g} in column {first}: only the mean was taken away"
        )
        fix = "predictions = model.predict(inputs / scaler.scale_)"
        return [make_finding("features-not-scaled", 0.8, said, fix)]
    if raw[left].max() > NEAR or not (scaled & (raw > NEAR)).any():
        return []
    at, first = left.tolist(), int(left[0])
    said = (
        f"{spell_columns(at)} {'is' if len(at) == 1 else 'are'} raw, the mean of column {first}"
        f" being {means[first]:.4g}, and the others are scaled"
    )
    center = "center_" if scaler.kind == "RobustScaler" else "mean_"
    fix = (
        "changed = inputs.astype(float)\n"
        f"changed[..., {at}] -= scaler.{center}[{at}]\n"
        f"changed[..., {at}] /= scaler.scale_[{at}]\n"
        "predictions = model.predict(changed)"
    )
    return [make_finding("features-not-scaled", 0.8, said, fix)]


def say_order(scaler: Scaler, values: Array) -> list[Finding]:
    """Speak where the columns fit the scaler in another order, raw or after its transform."""
    if scaler.low is not None:
        return []
    wanted = Columns(scaler.center, scaler.divisor, scaler.rows)
    for kind, raw in (("raw", values), ("scaled", scaler.undo(values))):
        got = measure_columns(raw)
        order = find_order(wanted, got)
        if order is None:
            if said := fits_another_order(wanted, got):
                fix = BY_NAME if kind == "raw" else BY_NAME_THEN_SCALED
                return [make_finding("columns-in-another-order", 0.75, said, fix)]
            continue
        first = next(place for place, each in enumerate(order) if place != each)
        said = (
            f"column {order[first]} of the {kind} inputs, mean {got.means[order[first]]:.4g}, fits"
            f" column {first} of the scaler, mean {scaler.center[first]:.4g}"
        )
        fix = f"predictions = model.predict(scaler.transform(raw_inputs[:, {order}]))"
        return [make_finding("columns-in-another-order", 0.85, said, fix)]
    return []
