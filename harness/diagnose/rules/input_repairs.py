"""What may have given inputs another shape than their model takes, each with code that mends it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from harness.verdicts.statistics import Array

Shape = tuple[int | None, ...]
COLOURS = (3, 4)
MOST_AXES = 4
FEWEST_COUNTED = 5  # rows of an index


@dataclass(frozen=True)
class Repair:
    """One thing that may have happened. `words`: as it is said; `code`: the inputs as they should
    be; `make`: does the same, "" and the inputs where only the user can."""

    words: str
    code: str
    make: Callable[[Array], Array] = lambda values: values
    cause: str = "inputs-of-another-shape"

    @property
    def fix(self) -> str:
        code, mark, comment = self.code.partition("  # ")
        return f"predictions = model.predict({code}){mark}{comment}"


def fits(wanted: Shape, shape: tuple[int, ...]) -> bool:
    """Return whether rows have a shape; None is any length."""
    pairs = zip(wanted, shape, strict=False)
    return len(wanted) == len(shape) and all(one in (None, other) for one, other in pairs)


def iterate_repairs(
    wanted: Shape, values: Array, rows: int | None, words: bool
) -> Iterator[Repair]:
    """Yield what may have happened, the likeliest first.

    `rows`: how many there should be. `words`: the model takes numbers of words.
    """
    shape = values.shape
    if not shape:
        return

    def has_rows(count: int) -> bool:
        return rows in (None, count)

    if fits(wanted, shape) and (has_rows(1) or rows != len(values)):
        said = "it is one row, without the axis of the batch"
        yield Repair(said, "inputs[np.newaxis]", lambda x: x[np.newaxis])
    if len(shape) > 1 and shape[0] == 1 and fits(wanted, shape[2:]) and has_rows(shape[1]):
        yield Repair("the axis of the batch is there twice", "inputs[0]", lambda x: x[0])
    if len(shape) == 2 and fits(wanted, shape[:1]) and has_rows(shape[1]):
        said = "rows and columns are exchanged"
        yield Repair(said, "inputs.T", lambda x: x.T, "input-axes-exchanged")
    if len(wanted) == 2 and wanted[0] is None and fits(wanted[1:], shape[1:]):
        said = "the axis of steps is missing"
        yield Repair(said, "inputs[:, np.newaxis]", lambda x: x[:, np.newaxis])
    yield from exchange_axes(wanted, values)
    yield from reshape_rows(wanted, values)
    if len(wanted) == 3:
        yield from mend_images(wanted, values)
    if len(wanted) == 1 == len(shape) - 1 and words:
        said = f"each row has {shape[1]} words, and {wanted[0]} are taken"
        code = f"tf.keras.utils.pad_sequences(texts, maxlen={wanted[0]})"
        yield Repair(said, f"{code}  # as in training")
    elif len(wanted) == 1 == len(shape) - 1 and wanted[0] is not None:
        yield from mend_columns(wanted[0], values)
    elif len(wanted) == len(shape) - 1 and (said := spell_lengths(wanted, shape[1:])):
        yield Repair(said, "np.stack(rows)  # each row as in training")


def exchange_axes(wanted: Shape, values: Array) -> Iterator[Repair]:
    """Yield orders of the axes behind the rows that fit, such as channels first."""
    shape = values.shape[1:]
    if not 1 < len(wanted) == len(shape) <= MOST_AXES:
        return
    for order in list(permutations(range(len(shape))))[1:]:
        if fits(wanted, tuple(shape[each] for each in order)):
            axes = (0, *(1 + each for each in order))
            first = order[-1] == 0 and len(order) == 3 and shape[0] in (1, *COLOURS)
            said = "channels stand first" if first else "axes are exchanged"
            code = f"inputs.transpose{axes}"
            cause = "input-axes-exchanged"
            yield Repair(said, code, lambda x, axes=axes: x.transpose(axes), cause)  # type: ignore[misc]


def reshape_rows(wanted: Shape, values: Array) -> Iterator[Repair]:
    """Yield rows that are flat, are to be flat, or have an axis of 1 too many or too few."""
    shape = values.shape[1:]
    if None in wanted or math.prod(shape) != math.prod(each or 1 for each in wanted):
        return
    full = tuple(each or 1 for each in wanted)
    said = ""
    if [each for each in shape if each > 1] == [each for each in full if each > 1]:
        said = "an axis of length 1 is there that does not belong, or is missing"
    elif len(full) == 1:
        said = "each row is to be flat"
    elif len(shape) == 1:
        said = "each row is flat"
    if said:
        sizes = ", ".join(map(str, full))
        code = f"inputs.reshape(len(inputs), {sizes})"
        yield Repair(said, code, lambda x: x.reshape(len(x), *full))


def mend_images(wanted: Shape, values: Array) -> Iterator[Repair]:
    """Yield images with other channels, or of another size."""
    shape, channels = values.shape[1:], wanted[-1]
    same_size = fits(wanted[:2], shape[:2])
    if len(shape) == 2 and same_size and channels in COLOURS:
        code = f"np.repeat(inputs[..., np.newaxis], {channels}, -1)"
        yield Repair(
            f"the images are grey, where {channels} channels are taken",
            code,
            lambda x: np.repeat(x[..., np.newaxis], channels or 1, -1),
        )
    if len(shape) != 3:
        return
    if same_size and shape[2] == 1 and channels in COLOURS:
        yield Repair(
            f"the images are grey, where {channels} channels are taken",
            f"np.repeat(inputs, {channels}, -1)",
            lambda x: np.repeat(x, channels or 1, -1),
        )
    elif same_size and shape[2] == 4 and channels == 3:
        yield Repair("there is a channel for transparency", "inputs[..., :3]", lambda x: x[..., :3])
    elif same_size and shape[2] in COLOURS and channels == 1:
        code = "tf.image.rgb_to_grayscale(inputs[..., :3]).numpy()"
        yield Repair("the images have colours, where grey is taken", code)
    elif fits(wanted[2:], shape[2:]) and None not in wanted:
        code = f"tf.image.resize(inputs, ({wanted[0]}, {wanted[1]})).numpy()  # as training did"
        yield Repair("the images have another size", code)


def mend_columns(wanted: int, values: Array) -> Iterator[Repair]:
    """Yield tables with a column too many, each that may be the one, or with too few."""
    columns = values.shape[1]
    if columns == wanted + 1:
        ends = [0, columns - 1] if columns > 1 else [0]
        order = sorted(
            range(columns), key=lambda at: (not spell_column(values, at), at not in ends)
        )
        for at in order:
            code = {0: "inputs[:, 1:]", columns - 1: "inputs[:, :-1]"}.get(at)
            known = spell_column(values, at)
            said = (
                f"one column too many, and column {at} {known}"
                if known
                else (
                    "one column too many, such as an index, an id or the target"
                    if at == order[0]
                    else f"column {at} is too many"
                )
            )
            if not known and at == order[0]:
                code = "table[columns_of_training]"
            yield Repair(
                said,
                code or f"np.delete(inputs, {at}, axis=1)",
                lambda x, at=at: np.delete(x, at, axis=1),  # type: ignore[misc]
            )
    elif columns > wanted:
        said = (
            f"{columns - wanted} columns too many, such as an index, the target, or new categories"
        )
        yield Repair(said, "table[columns_of_training]")
    else:
        missing = wanted - columns
        said = (
            f"{missing} column{'s are' if missing > 1 else ' is'} missing: dropped, made the"
            " index, or a category that pd.get_dummies has not met"
        )
        code = "table.reindex(columns=columns_of_training, fill_value=0)"
        yield Repair(said, code)


def spell_column(values: Array, at: int) -> str:
    """Return what a column looks like that no model is to get, "" for any other."""
    column = values[:, at]
    if len(column) < FEWEST_COUNTED or not np.isfinite(column).all():
        return ""
    steps = np.diff(column.astype(float))
    if (steps == 1).all():
        return f"counts {column[0]:g}, {column[1]:g}, {column[2]:g}, ...: an index"
    whole = bool((column == np.trunc(column)).all())
    others = np.delete(values, at, axis=1)
    alone = whole and not bool((others == np.trunc(others)).all(axis=0).any())
    distinct = len(np.unique(column))
    if alone and distinct == len(column):
        return "holds whole numbers, each once: an id"
    if alone and distinct <= 10 and at == values.shape[1] - 1:
        return f"holds {distinct} whole numbers: a target"
    return ""


def spell_lengths(wanted: Shape, shape: tuple[int, ...]) -> str:
    """Return in which axis rows of the same number of axes differ."""
    pairs = list(zip(wanted, shape, strict=True))
    wrong = [at for at, (one, other) in enumerate(pairs) if one not in (None, other)]
    if len(wrong) != 1:
        return ""
    at = wrong[0]
    what = "values in each step" if at == len(wanted) - 1 else "steps"
    return f"{shape[at]} {what}, where {wanted[at]} are taken" if len(wanted) == 2 else ""
