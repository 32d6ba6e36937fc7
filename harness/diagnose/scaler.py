"""A scaler as rules use it: columns of numbers."""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from harness.diagnose.file_answer import ScalerNumbers
from harness.verdicts.statistics import Array


@dataclass(frozen=True)
class Scaler:
    """scaled = (raw - center) / divisor, column by column.

    `low`, `high`: the range that training had in each column, None where only mean and deviation
    are known. `to`: the range that it is brought to. `rows`: on how many rows it was fitted, 0
    where nothing says it. `names`: of columns, as pandas had them. `dangers`: what opening the file
    runs. `of`: how many scalers the file holds; this is the first. `is_usual`: whether its output
    has about mean 0 and deviation 1, or fills its range.
    """

    kind: str
    center: Array
    divisor: Array
    low: Array | None = None
    high: Array | None = None
    to: tuple[float, float] = (0.0, 1.0)
    rows: int = 0
    names: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    of: int = 1
    is_usual: bool = True

    def transform(self, values: Array) -> Array:
        """Return what the scaler makes of raw values; columns last."""
        result: Array = (values - self.center) / self.divisor
        return result

    def undo(self, values: Array) -> Array:
        """Return the raw values of scaled ones."""
        result: Array = values * self.divisor + self.center
        return result

    def __str__(self) -> str:
        shown = ", ".join(self.names[:3]) + (", ..." if len(self.names) > 3 else "")
        named = f" ({shown})" if self.names else ""
        columns = f"{len(self.center)} columns{named}"
        if self.low is not None and self.high is not None:
            learned = f"min {spell(self.low)}; max {spell(self.high)}"
        else:
            learned = f"mean {spell(self.center)}; scale {spell(self.divisor)}"
        first = f" (the first of {self.of} scalers)" if self.of > 1 else ""
        return f"{self.kind} of {columns}{first}: {learned}"


def pack(scaler: Scaler) -> ScalerNumbers:
    """Return a scaler as it goes from one process to another."""
    known = vars(scaler).items()
    return ScalerNumbers(
        **{name: each.tolist() if isinstance(each, np.ndarray) else each for name, each in known}
    )


def unpack(numbers: ScalerNumbers) -> Scaler:
    """Return the scaler that `pack` took."""
    known: dict[str, Any] = msgspec.structs.asdict(numbers)
    columns = {name: np.array(each) for name, each in known.items() if isinstance(each, list)}
    return Scaler(**known | columns)


def spell(values: Array) -> str:
    """Return the first numbers."""
    return ", ".join(f"{each:.4g}" for each in values[:3]) + (", ..." if len(values) > 3 else "")
