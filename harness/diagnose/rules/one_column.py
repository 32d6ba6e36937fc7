"""Does one column alone, with another unit or its logarithm, bring the expected outputs back?"""

from collections.abc import Callable

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.rules.column_changes import Family
from harness.diagnose.rules.descent import Model, descend, leave_out
from harness.verdicts.statistics import Array

FEWEST_ROWS, TINY = 8, 1e-6
CPU_SECONDS = 0.4  # for all columns


def find_one_column(
    family: Family, model: Model, target: Array, fits: Callable[[Array], bool]
) -> Finding | None:
    """Return the finding where one column of `family.values`, changed, gives what is expected."""
    columns = family.values.shape[-1]
    if columns < 2 or len(target) < FEWEST_ROWS or family.values.ndim > 3:
        return None  # a channel of images has no unit of its own
    tried = (try_column(family, at, model, target, fits) for at in range(columns))
    return next((each for each in tried if each), None)


def try_column(
    family: Family, at: int, model: Model, target: Array, fits: Callable[[Array], bool]
) -> Finding | None:
    """Return the finding for the column at one place."""
    values = family.values

    def put(column: Array) -> Array:
        """Return what the model gives; `column` may hold the rows several times."""
        times = len(column) // len(values)
        changed = np.tile(values, (times, *[1] * (values.ndim - 1)))
        changed[..., at] = column[..., 0]
        return model(changed)

    if np.ptp(values[..., at]) == 0:
        return None  # any offset fits
    one, logs = values[..., [at]], np.flatnonzero(family.logs == at)
    alone = Family(one, np.zeros(len(logs), int), np.log1p(one) if len(logs) else one[..., :0])

    def is_right(numbers: Array) -> bool:
        return fits(put(alone.make(numbers)))

    numbers = descend(alone, put, target, CPU_SECONDS / values.shape[-1])
    if numbers is None or not is_right(numbers):
        return None
    numbers = leave_out(alone, numbers, is_right)
    short = np.array([float(f"{each:.6g}") for each in numbers])
    short[np.abs(short) < TINY * np.abs(short).max()] = 0
    numbers = short if is_right(short) else numbers
    factor, offset, *of_logs = map(float, numbers)
    logarithm = of_logs[0] if of_logs else 0.0
    times = "" if factor == 1 else f"{factor:.10g} * "
    parts = [
        f"{times}inputs[..., {at}]" if factor else "",
        f"{logarithm:.10g} * np.log1p(inputs[..., {at}])" if logarithm else "",
        f"{offset:.10g}" if offset else "",
    ]
    code = " + ".join(filter(None, parts)).replace("+ -", "- ")
    fix = f"changed = inputs.astype(float)\nchanged[..., {at}] = {code}"
    fix += "\npredictions = model.predict(changed)"
    what = "the logarithm" if logarithm else "another unit"
    said = f"with {what} in column {at} alone, the file gives the expected outputs"
    cause = "inputs-lack-a-step" if logarithm else "column-in-another-unit"
    return make_finding(cause, 0.95, said, fix)
