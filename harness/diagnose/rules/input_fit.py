"""Does one factor and one offset for each column of the inputs bring the expected outputs back?

Then a scaler is lost or another one, or a column has another unit: no other weights are right on
every row by chance, as long as there are more outputs than numbers that are fitted, and a layer
that is not linear.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import wrap

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.column_order import Columns, measure_columns
from harness.verdicts.statistics import Array

MOST_COLUMNS = 24
CPU_SECONDS = 0.25
MOST_STEPS, FIRST_STEPS = 60, 6  # of the fit: from the best start, and from each
SURPLUS = 1.5  # outputs for each number that is fitted
SKEWED = 1.0  # from which a logarithm is tried
MOVED, MOST_OF_UNITS = 0.05, 1 / 3  # deviations by which a column moves; of all columns
MOST_MEAN, MOST_DEVIATION, MOST = 1.5, 4.0, 0.8  # of scaled columns; share of them
LINE = 70  # of the code that is printed
LOGS = "np.log1p(np.maximum(inputs, -0.9)) * of_logs"
Model = Callable[[Array], Array]


@dataclass(frozen=True)
class Family:
    """Changes of the columns: a factor for each, one for the logarithms of `logs`, an offset."""

    values: Array
    logs: Array  # places of columns

    @property
    def count(self) -> int:
        return 2 * int(self.values.shape[-1]) + len(self.logs)

    def make(self, numbers: Array) -> Array:
        """Return the inputs, changed by one set of numbers."""
        columns = self.values.shape[-1]
        factors, offsets, of_logs = np.split(numbers, [columns, 2 * columns])
        changed: Array = self.values * factors + offsets
        changed[..., self.logs] += np.log1p(self.values[..., self.logs]) * of_logs
        return changed

    def keep(self, numbers: Array, columns: list[int]) -> Array:
        """Return numbers that change these columns only."""
        count = int(self.values.shape[-1])
        kept = np.concatenate([np.ones(count), np.zeros(count), np.zeros(len(self.logs))])
        places = [*columns, *(count + each for each in columns)]
        kept[places] = numbers[places]
        return kept

    def starts(self) -> Iterator[Array]:
        """Yield numbers to begin with: nothing changed, standardised, and with logarithms."""
        flat = self.values.reshape(-1, self.values.shape[-1])
        columns, none = flat.shape[1], np.zeros(len(self.logs))
        deviation = np.maximum(flat.std(axis=0), 1e-9)
        yield np.concatenate([np.ones(columns), np.zeros(columns), none])
        yield np.concatenate([1 / deviation, -flat.mean(axis=0) / deviation, none])
        if len(self.logs):
            logs = np.log1p(flat[:, self.logs])
            spread = np.maximum(logs.std(axis=0), 1e-9)
            factors, offsets = 1 / deviation, -flat.mean(axis=0) / deviation
            factors[self.logs], offsets[self.logs] = 0, -logs.mean(axis=0) / spread
            yield np.concatenate([factors, offsets, 1 / spread])


def find_fit(
    network: Network, model: Model, values: Array, wanted: Array, fits: Callable[[Array], bool]
) -> Finding | None:
    """Return the finding where columns with factor and offset give the expected outputs."""
    columns = values.shape[-1]
    if not 1 <= columns <= MOST_COLUMNS or (values.ndim == 2 and not has_hidden(network)):
        return None
    family = Family(values, find_skewed(values))
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
    if numbers is None or not is_right(numbers):
        return None
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
    end = time.process_time() + CPU_SECONDS
    weights = 1 / np.maximum(target.std(axis=0), 1e-9)

    def apart(given: Array) -> Array:
        left = (given.reshape(len(target), -1) - target) * weights
        finite: Array = np.nan_to_num(left, nan=1e6, posinf=1e6, neginf=-1e6)
        return finite.ravel()

    best: tuple[float, Array] | None = None
    for start in family.starts():
        found = walk(family, model, apart, start, FIRST_STEPS, end)
        best = found if best is None or found[0] < best[0] else best
    return walk(family, model, apart, best[1], MOST_STEPS, end)[1] if best else None


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
