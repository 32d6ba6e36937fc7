"""The forms in which pixels are fed to models, and what leads from one form to another.

The formulas of "caffe" and "torch" are those of keras/src/applications/imagenet_utils.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.verdicts.statistics import Array

CAFFE, MEAN, STD = "[103.939, 116.779, 123.68]", "[0.485, 0.456, 0.406]", "[0.229, 0.224, 0.225]"
CAFFE_MEANS, TORCH_MEANS, TORCH_STDS = (
    np.array([float(each) for each in words.strip("[]").split(", ")])
    for words in (CAFFE, MEAN, STD)
)
BYTES, SHARES, SIGNED, TWICE = "0..255", "0..1", "-1..1", "0..1/255"
BACKBONES = ("caffe", "torch")  # for three channels only
LARGEST_SHARE, SMALLEST_BYTE, SMALLEST_CAFFE = 1.01, 20.0, -20.0
WRONG = "preprocess-input-wrong-module"


@dataclass(frozen=True)
class Form:
    """`make`: from pixels of 0..255 in RGB to this form; `back`: from this form to such pixels."""

    make: Callable[[Array], Any]
    back: Callable[[Array], Any]
    make_code: str
    back_code: str


FORMS = {
    BYTES: Form(lambda x: x, lambda x: x, "{}", "inputs"),
    SHARES: Form(lambda x: x / 255, lambda x: x * 255, "{} / 255.0", "inputs * 255.0"),
    SIGNED: Form(
        lambda x: x / 127.5 - 1, lambda x: (x + 1) * 127.5, "{} / 127.5 - 1", "(inputs + 1) * 127.5"
    ),
    TWICE: Form(lambda x: x / 65025, lambda x: x * 65025, "{} / 65025.0", "inputs * 65025.0"),
    "caffe": Form(
        lambda x: x[..., ::-1] - CAFFE_MEANS,
        lambda x: (x + CAFFE_MEANS)[..., ::-1],
        "({})[..., ::-1] - " + CAFFE,
        f"(inputs + {CAFFE})[..., ::-1]",
    ),
    "torch": Form(
        lambda x: (x / 255 - TORCH_MEANS) / TORCH_STDS,
        lambda x: (x * TORCH_STDS + TORCH_MEANS) * 255,
        "({} / 255.0 - " + f"{MEAN}) / {STD}",
        f"(inputs * {STD} + {MEAN}) * 255.0",
    ),
}
WORDS = {
    (BYTES, SHARES): "divided by 255",
    (SHARES, BYTES): "times 255",
    (BYTES, SIGNED): "brought to -1..1",
}


def name_form(values: Array) -> str:
    """Return the form that values, (rows, ..., channels), may have."""
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if low < SMALLEST_CAFFE:
        return "caffe" if values.shape[-1] == len(CAFFE_MEANS) else BYTES
    if low < -LARGEST_SHARE:
        return "torch" if values.shape[-1] == len(TORCH_MEANS) else SIGNED
    if low < 0:
        return SIGNED
    if high > SMALLEST_BYTE:
        return BYTES
    return TWICE if high <= LARGEST_SHARE / 255 else SHARES


def iterate_forms(values: Array) -> Iterator[tuple[str, str, Callable[[Array], Any], str, str]]:
    """Yield (words, code, function, cause if missing, cause if added) of each change of form."""
    source = name_form(values)
    for target in FORMS:
        colours = target not in BACKBONES or values.shape[-1] == len(CAFFE_MEANS)
        if target in (source, TWICE) or not colours:
            continue
        code = FORMS[target].make_code.format(FORMS[source].back_code)
        words = WORDS.get((source, target), f"brought from {source} to {target}")
        yield words, code, chain(source, target), *name_causes(source, target)


def chain(source: str, target: str) -> Callable[[Array], Any]:
    """Return the function from one form to another."""
    return lambda x: FORMS[target].make(FORMS[source].back(x))


def name_causes(source: str, target: str) -> tuple[str, str]:
    """Return the causes where inputs of `source` lack the change to `target`, or got it besides."""
    missing = added = WRONG
    if source == BYTES and target in (SHARES, SIGNED):
        missing = "missing-rescale-255"
    if (source, target) == (SHARES, BYTES) or source == TWICE:
        missing = "double-rescale"
    if (source, target) == (BYTES, SHARES):
        added = "double-rescale"
    if source in (SHARES, SIGNED) and target == BYTES:
        added = "missing-rescale-255"
    return missing, added
