"""A few predictions of a path beside those before saving: what the numbers of a verdict look like.

Whole predictions are in the database. Those of the model before it was saved are nowhere else.
"""

from typing import Any

import msgspec
import numpy as np

from harness.verdicts.statistics import Array

ROWS, VALUES = 5, 3  # rows of a batch, and values of a row
LONGEST_TEXT = 40  # characters of a predicted text
# A number that JSON has; as text what JSON has not ("nan", "inf"), and predicted words.
Value = int | float | str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The first values of some rows, before saving and restored.

    `rows` are the places of the rows in the batch, from 0. `row_count` and `value_count` say how
    many rows the batch has, and how many values a row. Rows and values that the restored
    predictions have not are missing in `restored`.
    """

    rows: list[int]
    row_count: int
    value_count: int
    reference: list[list[Value]]
    restored: list[list[Value]]


def take_sample(restored: Array, reference: Array) -> Sample | None:
    """Return a sample of two predictions, rows first; None of a reference without rows.

    The rows are the first ones, unless the reference is the same in all of them: then they are
    spread over its range. The rows depend on the reference alone, so paths can be compared.
    """
    wanted = as_rows(reference)
    if not len(wanted):
        return None
    rows = choose_rows(wanted)
    found = as_rows(restored)
    return Sample(
        rows=rows,
        row_count=len(wanted),
        value_count=wanted.shape[1],
        reference=[read_values(wanted[row]) for row in rows],
        restored=[read_values(found[row]) for row in rows if row < len(found)],
    )


def as_rows(values: Array) -> Array:
    """Return predictions with one axis for a row's values."""
    if values.ndim == 0:
        return values.reshape(1, 1)
    return values.reshape(len(values), int(np.prod(values.shape[1:])))


def choose_rows(reference: Array) -> list[int]:
    """Return the rows to show of a reference."""
    shown = reference[:, :VALUES]
    first = list(range(min(ROWS, len(shown))))
    if (shown[first] != shown[0]).any() or not (shown != shown[0]).any():
        return first
    order = np.lexsort(shown.T[::-1])
    spread = np.linspace(0, len(order) - 1, ROWS).round().astype(int)
    return sorted({int(row) for row in order[spread]})


def read_values(row: Array) -> list[Value]:
    """Return the first values of a row."""
    return [read_value(value) for value in row[:VALUES].tolist()]


def read_value(value: Any) -> Value:
    """Return a number as it is, and anything else as text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if number and np.isfinite(value) else str(value)[:LONGEST_TEXT]
