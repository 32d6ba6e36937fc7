"""The axes of a plot: scale, ticks and labels, chosen from the numbers that stand on the axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from harness.report.table import show_exactly

PIXELS_PER_CHARACTER = 8.0  # of a label in 13 px, rounded up
GAP = 6.0  # between two labels, pixels
# Numbers within this factor are read off a linear axis; beyond it the small ones look like 0.
LINEAR_RANGE = 50.0


@dataclass(frozen=True)
class Scale:
    """How numbers lie on an axis. `constant` is where symlog turns from linear to logarithmic."""

    kind: Literal["linear", "log", "symlog"] = "linear"
    constant: float = 1.0

    def place(self, value: float) -> float:
        """Return where `value` lies, in a unit of the scale's own."""
        if self.kind == "log":
            return math.log(value)
        if self.kind == "symlog":
            return math.copysign(math.log1p(abs(value) / self.constant), value)
        return value

    def stretch(self, lowest: float, highest: float, share: float) -> float:
        """Return the number that lies above `highest` by this share of the axis."""
        place = self.place(highest) + share * (self.place(highest) - self.place(lowest))
        if self.kind == "log":
            return math.exp(place)
        return self.constant * math.expm1(place) if self.kind == "symlog" else place

    def spread_out(self, values: Sequence[float], pixels: float) -> list[float]:
        """Return where rising `values` lie on an axis of this length, in pixels from the first."""
        places = [self.place(value) for value in values]
        length = places[-1] - places[0]
        return [pixels * (place - places[0]) / length if length else 0.0 for place in places]


def choose_dose_scale(doses: Sequence[float], pixels: float) -> Scale:
    """Return the scale for rising doses: linear where all labels fit into one row beside each
    other, otherwise the scale on which the closest two lie furthest apart.

    A logarithm needs positive doses; symlog takes its place where there are others.
    """
    linear = Scale()
    if max(assign_rows(doses, linear.spread_out(doses, pixels))) == 0:
        return linear
    if doses[0] > 0:
        other = Scale("log")
    else:
        other = Scale("symlog", min(abs(dose) for dose in doses if dose))
    return max(linear, other, key=lambda scale: find_smallest_gap(scale, doses, pixels))


def find_smallest_gap(scale: Scale, values: Sequence[float], pixels: float) -> float:
    """Return the smallest distance between two neighbours, in pixels."""
    return min(
        (later - earlier for earlier, later in pairwise(scale.spread_out(values, pixels))),
        default=pixels,
    )


def assign_rows(values: Sequence[float], positions: Sequence[float]) -> list[int]:
    """Return for each label the row under the axis in which it overlaps no other, 0 is the top."""
    ends: list[float] = []
    rows = []
    for value, position in zip(values, positions, strict=True):
        half = PIXELS_PER_CHARACTER * len(show_exactly(value)) / 2
        free = [row for row, end in enumerate(ends) if end + GAP <= position - half]
        row = free[0] if free else len(ends)
        ends[row : row + 1] = [position + half]
        rows.append(row)
    return rows


def choose_error_scale(errors: Sequence[float], wrong: Sequence[float]) -> Scale:
    """Return the scale for `errors` (0 or more), of which those in `wrong` are no rounding.

    Linear unless the wrong ones span more than LINEAR_RANGE; then logarithmic, or symlog where an
    error is 0, or so much smaller that the axis would be mostly empty.
    """
    telling = [error for error in wrong if error > 0]
    if not telling or max(telling) <= LINEAR_RANGE * min(telling):
        return Scale()
    if min(errors) >= min(telling) / 10:
        return Scale("log")
    return Scale("symlog", min(telling))


def choose_error_ticks(scale: Scale, errors: Sequence[float]) -> list[float] | None:
    """Return the ticks of an error axis: the powers of ten among the errors, and 0 if on the axis.

    None where the scale is linear: there Vega's own ticks are right.
    """
    if scale.kind == "linear":
        return None
    lowest = scale.constant if scale.kind == "symlog" else min(errors)
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(max(errors)))
    step = math.ceil((last - first + 1) / 8)
    powers = [float(f"1e{power}") for power in range(first, last + 1, step)]
    within = [power for power in powers if lowest / 2 <= power <= 2 * max(errors)]
    return [0.0, *within] if scale.kind == "symlog" else within


def write_label_expression(values: Sequence[float], rows: Sequence[int] | None = None) -> str:
    """Return the Vega expression that labels these ticks, each with exactly its number.

    A label in a lower row stands below empty lines.
    """
    labels = ", ".join(
        "[" + ", ".join(["''"] * row + [f"'{show_exactly(value)}'"]) + "]"
        for value, row in zip(values, rows or [0] * len(values), strict=True)
    )
    ticks = ", ".join(repr(float(value)) for value in values)
    return f"[{labels}][indexof([{ticks}], datum.value)]"
