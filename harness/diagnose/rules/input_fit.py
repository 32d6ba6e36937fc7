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
from harness.diagnose.rules.column_changes import Family, standardise
from harness.diagnose.rules.column_order import Columns, measure_columns
from harness.verdicts.statistics import Array

MOST_COLUMNS = 24
CPU_SECONDS = 0.4
MOST_STEPS, FIRST_STEPS = 60, 6  # of the fit: from the best start, and from each
SURPLUS = 1.5  # outputs for each number that is fitted
SURPLUS_NEAR, NEARLY = 6, 2e-5  # the same, and the share of the variance that may be left
SKEWED = 1.0  # from which a logarithm is tried
MOVED, MOST_OF_UNITS = 0.05, 1 / 3  # deviations by which a column moves; of all columns
MOST_MEAN, MOST_DEVIATION, MOST = 1.5, 4.0, 0.8  # of scaled columns; share of them
LINE = 70  # of the code that is printed
LOGS = "np.log1p(np.maximum(inputs, -0.9)) * of_logs"
Model = Callable[[Array], Array]


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
        model(values)
        if (time.process_time() - began) * family.count > CPU_SECONDS / 2:
            return None  # not even the first step would end in time
        numbers = descend(family, model, target)
    except (CannotCompute, np.linalg.LinAlgError):
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
        said = f"with another unit in {spell_columns(moved)}, the file gives the expected outputs"
        return make_finding(cause, 0.95, said, spell_units(family, alone, moved))
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


def descend(family: Family, model: Model, target: Array) -> Array | None:
    """Return the numbers with which outputs are nearest: Levenberg's and Marquardt's method."""
    standard = standardise(family)
    fitted = standard.family
    end = time.process_time() + CPU_SECONDS
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
    """Return how the outputs change with each number; all are computed in one batch."""
    moves = 1e-5 * np.maximum(np.abs(numbers), 1e-2)
    tried = [family.make(numbers + move) for move in np.diag(moves)]
    given = model(np.concatenate(tried)).reshape(len(tried), len(family.values), -1)
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


def spell_columns(columns: list[int]) -> str:
    """Return places of columns as they are said."""
    named = ", ".join(map(str, columns))
    return f"column {named} alone" if len(columns) == 1 else f"the columns {named}"


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
