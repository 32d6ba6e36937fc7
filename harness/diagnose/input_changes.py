"""What may have happened to inputs on their way to a model: one change each, with its cause."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from harness.verdicts.statistics import Array

MOST_FEATURES = 5  # whose orders are tried: 120 of them


@dataclass(frozen=True)
class Change:
    """One change of the inputs. `words`: as it is said of inputs; `code`: the same in numpy.

    `missing`, `added`: the cause where the change is missing now, and where it is made in
    addition; "" where it is not looked for.
    """

    words: str
    code: str
    make: Callable[[Array], Array]
    missing: str
    added: str
    before: str = ""  # lines of code that `code` needs


def iterate_changes(values: Array) -> Iterator[Change]:
    """Yield the changes that make sense for inputs of this shape and these values."""
    image = values.ndim == 4
    table = values.ndim == 2
    largest = float(np.abs(values).max(initial=0))
    whole = bool((values == np.trunc(values)).all())
    if image:
        yield Change(
            "divided by 255",
            "inputs / 255.0",
            lambda x: x / 255,
            "missing-rescale-255",
            "double-rescale",
        )
        yield Change(
            "times 255",
            "inputs * 255.0",
            lambda x: x * 255,
            "double-rescale",
            "missing-rescale-255",
        )
        yield Change(
            "brought to -1..1",
            "inputs / 127.5 - 1",
            lambda x: x / 127.5 - 1,
            "missing-rescale-255",
            "preprocess-input-wrong-module",
        )
        top = 255.0 if largest > 2 else 1.0
        yield Change(
            "inverted",
            f"{top:g} - inputs",
            lambda x: top - x,
            "dark-ink-on-white-paper",
            "dark-ink-on-white-paper",
        )
        if values.shape[-1] == 3:
            name = "bgr-instead-of-rgb"
            said = "with red and blue exchanged"
            yield Change(said, "inputs[..., ::-1]", lambda x: x[..., ::-1], name, name)
        if values.shape[1] == values.shape[2]:
            turned = "with height and width exchanged"
            yield Change(
                turned,
                "inputs.transpose(0, 2, 1, 3)",
                lambda x: x.transpose(0, 2, 1, 3),
                "input-axes-exchanged",
                "input-axes-exchanged",
            )
    if not whole:
        yield Change("cut off to integers", "inputs.astype(int)", np.trunc, "", "uint8-truncation")
        yield Change(
            "standardised by their own mean and deviation",
            "(inputs - mean_of_training) / std_of_training",
            standardise,
            "features-not-scaled",
            "scaler-refitted",
        )
    yield Change(
        "replaced by zeros", "np.zeros_like(inputs)", np.zeros_like, "", "batch-never-filled"
    )
    if table and whole and largest > 2:
        side = "post" if (values[:, 0] == 0).any() else "pre"
        yield Change(
            "plus 3",
            "inputs + 3",
            lambda x: x + 3,
            "index-offset-forgotten",
            "index-offset-forgotten",
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
    if table and 2 <= values.shape[1] <= MOST_FEATURES:
        for order in list(permutations(range(values.shape[1])))[1:]:
            listed = list(order)
            yield Change(
                f"with their columns in the order {listed}",
                f"inputs[:, {listed}]",
                lambda x, listed=listed: x[:, listed],  # type: ignore[misc]
                "columns-in-another-order",
                "columns-in-another-order",
            )


def standardise(values: Array) -> Array:
    """Return columns with mean 0 and deviation 1, images as a whole."""
    axes: Any = 0 if values.ndim == 2 else None
    deviation = values.std(axis=axes)
    result: Array = (values - values.mean(axis=axes)) / np.where(deviation > 0, deviation, 1)
    return result


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
