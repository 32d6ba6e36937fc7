"""What may have happened to inputs on their way to a model: one change each, with its cause."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from harness.diagnose.rules.pixel_forms import SIGNED, iterate_forms, name_form
from harness.diagnose.rules.training_inputs import are_images
from harness.verdicts.statistics import Array

FLAT_IMAGE = 64  # columns from which a table may hold pixels in a row
MOST_FEATURES = 5  # whose orders are tried: 120 of them


@dataclass(frozen=True)
class Change:
    """One change of the inputs. `words`: as it is said of inputs; `code`: the same in numpy.

    `missing`, `added`: the cause where the change is missing now, and where it is made in
    addition; "" where it is not looked for. `rough`: what training knew is taken from the inputs at
    hand, so that the outputs come near and are not equal.
    """

    words: str
    code: str
    make: Callable[[Array], Array]
    missing: str
    added: str
    before: str = ""  # lines of code that `code` needs
    rough: bool = False

    def spell_cure(self, is_missing: bool) -> str:
        """Return the code that makes the change, or that leaves it out where it is not to be."""
        if is_missing:
            return f"{self.before}predictions = model.predict({self.code})"
        return f"predictions = model.predict(inputs)  # as given: not {self.words}"


def iterate_changes(values: Array) -> Iterator[Change]:
    """Yield the changes that make sense for inputs of this shape and these values."""
    table = values.ndim == 2
    image = values.ndim == 4 or are_images(values)
    whole = bool((values == np.trunc(values)).all())
    if image or (table and values.shape[1] >= FLAT_IMAGE and values.min(initial=0) >= 0):
        yield from change_pixels(values)
    if values.ndim > 2:
        yield from change_axes(values, image)
    if not whole:
        yield Change("cut off to integers", "inputs.astype(int)", np.trunc, "", "uint8-truncation")
        yield Change(
            "standardised by their own mean and deviation",
            "(inputs - mean_of_training) / std_of_training",
            standardise,
            "features-not-scaled",
            "scaler-refitted",
            rough=True,
        )
    yield Change(
        "replaced by zeros", "np.zeros_like(inputs)", np.zeros_like, "", "batch-never-filled"
    )
    if table and whole and np.abs(values).max(initial=0) > 2:
        yield from change_words(values)
    if (table or (values.ndim == 3 and not image)) and 2 <= values.shape[-1] <= MOST_FEATURES:
        for order in list(permutations(range(values.shape[-1])))[1:]:
            yield order_columns(list(order), ":, " if table else "..., ")


def order_columns(order: list[int], rows: str = ":, ") -> Change:
    """Return a table, or sequences with `rows` "..., ", with its columns in another order."""
    name, said = "columns-in-another-order", f"with their columns in the order {order}"
    return Change(said, f"inputs[{rows}{order}]", lambda x: x[..., order], name, name)


def change_pixels(values: Array) -> Iterator[Change]:
    """Yield other forms of the same pixels."""
    if values.ndim == 4 and values.shape[-1] == 3:
        name = "bgr-instead-of-rgb"
        said = "with red and blue exchanged"
        yield Change(said, "inputs[..., ::-1]", lambda x: x[..., ::-1], name, name)
    for words, code, make, missing, added in iterate_forms(values):
        yield Change(words, code, make, missing, added)
    top = 255.0 if np.abs(values).max(initial=0) > 2 else 1.0
    top = 0.0 if name_form(values) == SIGNED else top  # -1..1
    inverted = "dark-ink-on-white-paper"
    yield Change("inverted", f"{top:g} - inputs", lambda x: top - x, inverted, inverted)


def change_axes(values: Array, image: bool) -> Iterator[Change]:
    """Yield inputs whose axes behind the rows are exchanged, mixed up by reshape, or backwards."""
    name, shape = "input-axes-exchanged", values.shape[1:]
    if image and shape[0] == shape[1]:
        code = "inputs.transpose(0, 2, 1, 3)" if values.ndim == 4 else "inputs.transpose(0, 2, 1)"
        turned = "with height and width exchanged"
        yield Change(turned, code, lambda x: x.swapaxes(1, 2), name, name)
    if len(shape) in (2, 3) and min(shape) > 1:
        stored = (shape[-1], *shape[:-1])  # channels or features first
        there = (0, *range(2, len(stored) + 1), 1)
        back = (0, len(stored), *range(1, len(stored)))
        sizes = ", ".join(map(str, stored))
        yield Change(
            "whose axes are exchanged by transpose, and not by reshape",
            f"inputs.reshape(-1, {sizes}).transpose{there}",
            lambda x: x.reshape(-1, *stored).transpose(there),
            name,
            "",
        )
        yield Change(
            "whose axes are exchanged by reshape",
            f"inputs.transpose{back}.reshape(inputs.shape)",
            lambda x: x.transpose(back).reshape(x.shape),
            "",
            name,
        )
    reversed_ = "input-axis-reversed"
    said = "upside down" if image else "with their steps backwards, the last one first"
    yield Change(said, "inputs[:, ::-1]", lambda x: x[:, ::-1], reversed_, reversed_)
    if image and values.ndim == 4 and shape[0] == shape[1]:
        for times, way in ((1, "left"), (3, "right")):  # photographs keep their rotation in EXIF
            said, code = f"turned a quarter to the {way}", f"np.rot90(inputs, {times}, (1, 2))"
            yield Change(said, code, partial(np.rot90, k=times, axes=(1, 2)), name, name)
    if image:
        mirrored = "mirrored, left for right"
        yield Change(mirrored, "inputs[:, :, ::-1]", lambda x: x[:, :, ::-1], reversed_, reversed_)


def change_words(values: Array) -> Iterator[Change]:
    """Yield other numbers of the same words, and padding on the other side."""
    side = "post" if (values[:, 0] == 0).any() else "pre"
    name = "index-offset-forgotten"
    yield Change("plus 3", "inputs + 3", lambda x: x + 3, name, name)
    yield Change(
        "plus 3 where they are not 0",
        "np.where(inputs > 0, inputs + 3, 0)",
        lambda x: np.where(x > 0, x + 3, 0),
        name,
        name,
    )
    yield Change("minus 3", "np.maximum(inputs - 3, 0)", lambda x: np.maximum(x - 3, 0), "", name)
    for offset in (-3, 1, -1, 2, -2):  # 3: words of load_data; 1: of a vocabulary from 0
        said = f"{'plus' if offset > 0 else 'minus'} {abs(offset)} where they are not 0"
        yield Change(
            said,
            f"np.where(inputs > 0, np.maximum(inputs + {offset}, 0), 0)",
            partial(move_words, offset=offset),
            name,
            name,
            rough=True,  # a word beyond the vocabulary became another one
        )
    yield Change(
        "padded on the other side",
        "padded",
        pad_other_side,
        "padding-on-the-other-side",
        "padding-on-the-other-side",
        "texts = [row[row != 0] for row in inputs]\n"
        "pad = tf.keras.utils.pad_sequences\n"
        f"padded = pad(texts, inputs.shape[1], padding={side!r})\n",
    )
    if values.shape[1] > MOST_FEATURES:  # of fewer columns all orders are tried
        name, said = "input-axis-reversed", "with their words backwards, the last one first"
        yield Change(said, "inputs[:, ::-1]", lambda x: x[:, ::-1], name, name)


def standardise(values: Array) -> Array:
    """Return columns with mean 0 and deviation 1, images as a whole."""
    axes: Any = tuple(range(values.ndim - 1)) if values.ndim in (2, 3) else None
    deviation = values.std(axis=axes)
    result: Array = (values - values.mean(axis=axes)) / np.where(deviation > 0, deviation, 1)
    return result


def move_words(values: Array, offset: int) -> Array:
    """Return the numbers of words plus an offset; 0 stays, and nothing is below."""
    moved: Array = np.where(values > 0, np.maximum(values + offset, 0), 0)
    return moved


def pad_other_side(values: Array) -> Array:
    """Return rows whose zeros stand at the other end."""
    result = np.zeros_like(values)
    for row, kept in zip(values, result, strict=True):
        words = row[row != 0]
        if row[0] == 0:
            kept[: len(words)] = words
        else:
            kept[len(kept) - len(words) :] = words
    return result
