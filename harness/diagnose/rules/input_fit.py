"""Does one factor and one offset for each column of the inputs bring the expected outputs back?

Then a scaler is lost or another one, or a column has another unit: no other weights are right on
every row by chance, as long as there are more outputs than numbers that are fitted, and a layer
that is not linear.
"""

import time
from collections.abc import Callable
from textwrap import wrap

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.column_changes import Family
from harness.diagnose.rules.column_order import Columns, measure_columns, spell_columns
from harness.diagnose.rules.descent import Model, descend, leave_out
from harness.diagnose.rules.one_column import find_one_column
from harness.verdicts.statistics import Array

MOST_COLUMNS = 24
CPU_SECONDS = 0.4
SURPLUS = 1.5  # outputs for each number that is fitted
SURPLUS_NEAR, NEARLY = 6, 2e-5  # the same, and the share of the variance that may be left
SKEWED = 1.0  # from which a logarithm is tried
MOVED, MOST_OF_UNITS = 0.05, 1 / 3  # deviations by which a column moves; of all columns
MOST_MEAN, MOST_DEVIATION, MOST = 1.5, 4.0, 0.8  # of scaled columns; share of them
LINE = 70  # of the code that is printed
LOGS = "np.log1p(np.maximum(inputs, -0.9)) * of_logs"


def find_fit(
    network: Network, model: Model, values: Array, wanted: Array, fits: Callable[[Array], bool]
) -> Finding | None:
    """Return the finding where columns with factor and offset give the expected outputs."""
    columns = values.shape[-1]
    if not 1 <= columns <= MOST_COLUMNS or (values.ndim == 2 and not has_hidden(network)):
        return None
    logs = find_skewed(values)
    family = Family(values, logs, np.log1p(values[..., logs]))
    target = np.asarray(wanted, np.float64).reshape(len(wanted), -1)
    if target.size < SURPLUS * family.count or not np.isfinite(target).all():
        return None

    def is_right(numbers: Array) -> bool:
        return fits(model(family.make(numbers)))

    try:
        began = time.process_time()
        if model(values).size != target.size:
            return None
        if (time.process_time() - began) * family.count > CPU_SECONDS / 2:
            return None  # not even the first step would end in time
        if one := find_one_column(family, model, target, fits):
            return one
        numbers = descend(family, model, target, CPU_SECONDS)
    except (CannotCompute, np.linalg.LinAlgError, MemoryError):
        return None
    if numbers is None:
        return None
    if not is_right(numbers):
        return say_near(values, family, numbers, model(family.make(numbers)), target)
    numbers = leave_out(family, numbers, is_right)
    moved = find_moved(values, family, numbers)
    cause = name_cause(values, family, numbers, moved)
    alone = family.keep(numbers, moved)
    if cause == "column-in-another-unit" and is_right(alone):
        named = spell_columns(moved)
        said = f"with another unit in {named} alone, the file gives the expected outputs"
        return make_finding(cause, 0.95, said, spell_units(family, alone, moved))
    factors, offsets, _ = np.split(numbers, [columns, 2 * columns])
    if np.ptp(factors) < 1e-4 * abs(factors[0]) and (np.abs(offsets) < 1e-4).all():
        said = f"with one factor for all columns, {factors[0]:.6g}, the file gives what is expected"
        fix = f"predictions = model.predict(inputs * {factors[0]:.6g})"
        return make_finding("inputs-lack-a-step", 0.9, said, fix)
    said = "with a factor and an offset for each column, the file gives the expected outputs"
    if len(family.logs):
        said = said.replace("each column", "each column or its logarithm")
    said += f": {family.count} fitted numbers explain {target.size}"
    return make_finding(cause, 0.9, said, spell_code(family, numbers))


def say_near(
    values: Array, family: Family, numbers: Array, given: Array, target: Array
) -> Finding | None:
    """Speak where hardly anything is left: inputs that were scaled twice have lost their digits."""
    left = (given.reshape(len(target), -1) - target) / np.maximum(target.std(axis=0), 1e-9)
    share = float((left**2).mean())
    if not share <= NEARLY or target.size < SURPLUS_NEAR * family.count:
        return None
    cause = name_cause(values, family, numbers, find_moved(values, family, numbers))
    said = (
        "with a factor and an offset for each column, the file's outputs come near the expected"
        f" ones: {1 - share:.4%} of their variance is explained, {target.size} outputs by"
        f" {family.count} fitted numbers"
    )
    return make_finding(cause, 0.8, said, spell_code(family, numbers))


def find_moved(values: Array, family: Family, numbers: Array) -> list[int]:
    """Return the columns that the numbers change by more than a little."""
    apart = np.abs(family.make(numbers) - values).reshape(-1, values.shape[-1]).max(axis=0)
    limits = MOVED * np.maximum(measure_columns(values).deviations, 1e-12)
    return [int(each) for each in np.flatnonzero(apart > limits)]


def name_cause(values: Array, family: Family, numbers: Array, moved: list[int]) -> str:
    """Return the cause that has changed the columns `moved` so, as far as the numbers tell."""
    columns, changed = values.shape[-1], family.make(numbers)
    if numbers[2 * columns :].any():
        return "inputs-lack-a-step"  # a logarithm too
    if 0 < len(moved) <= MOST_OF_UNITS * columns:
        return "column-in-another-unit"
    if not are_scaled(measure_columns(changed), changed):
        return "inputs-lack-a-step"
    return (
        "scaler-refitted" if are_scaled(measure_columns(values), values) else "features-not-scaled"
    )


def are_scaled(columns: Columns, values: Array) -> bool:
    """Return whether most columns have a mean near 0 and a deviation near 1, or all lie in 0..1."""
    near = np.abs(columns.means) < MOST_MEAN
    usual = (columns.deviations > 1 / MOST_DEVIATION) & (columns.deviations < MOST_DEVIATION)
    return bool((near & usual).mean() >= MOST or (values.min() >= -0.1 and values.max() <= 1.1))


def has_hidden(network: Network) -> bool:
    """Return whether a layer before the last is not linear; else any weights are a scaler more."""
    layers = [each for each in network.layers if each.weights]
    return any(each.activation not in ("linear", "?") for each in layers[:-1])


def find_skewed(values: Array) -> Array:
    """Return the columns of a table that have a long tail, and a logarithm.

    Of two values, any factor and offset do what a logarithm does.
    """
    if values.ndim != 2:
        return np.zeros(0, int)
    spread = np.maximum(values.std(axis=0), 1e-12)
    skew = (((values - values.mean(axis=0)) / spread) ** 3).mean(axis=0)
    more = np.array([len(np.unique(column)) > 2 for column in values.T])
    return np.flatnonzero((values.min(axis=0) > -1) & (skew > SKEWED) & more)


def spell_code(family: Family, numbers: Array) -> str:
    """Return code that changes the inputs so; logarithms stand where they are used."""
    columns = family.values.shape[-1]
    factors, offsets, used = np.split(numbers, [columns, 2 * columns])
    of_logs = np.zeros(columns)
    of_logs[family.logs] = used
    parts = {"factors": (factors, "inputs * factors"), "of_logs": (of_logs, LOGS)}
    kept = {name: each for name, each in parts.items() if each[0].any()}
    lines = [spell_numbers(name, values) for name, (values, _) in kept.items()]
    changed = " + ".join([*(code for _, code in kept.values()), "offsets"])
    lines += [spell_numbers("offsets", offsets), f"changed = {changed}"]
    return "\n".join([*lines, "predictions = model.predict(changed)"])


def spell_units(family: Family, numbers: Array, columns: list[int]) -> str:
    """Return code that brings these columns to the unit of training."""
    count = family.values.shape[-1]
    lines = ["changed = inputs.astype(float)"]
    for at in columns:
        factor, offset = float(numbers[at]), float(numbers[count + at])
        change = f" {'+' if offset >= 0 else '-'} {abs(offset):.6g}" if abs(offset) > 1e-9 else ""
        lines.append(f"changed[..., {at}] = inputs[..., {at}] * {factor:.6g}{change}")
    return "\n".join([*lines, "predictions = model.predict(changed)"])


def spell_numbers(name: str, values: Array) -> str:
    """Return code that makes an array, in lines that a terminal does not break."""
    listed = ", ".join(f"{each:.6g}" for each in values)
    return "\n    ".join(wrap(f"{name} = np.array([{listed}])", LINE))
