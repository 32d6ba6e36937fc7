"""More architectures for `diagnose --evaluate --load`: what numpy does not compute, or not so.

Each is healthy, and looks odd from inside: noise that is off, numbers in half precision, a state
that is kept, rows of padding, units at their ends.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.diagnose.evaluation.corpus_files import GLOROT, ZEROS, Made, dense, draw_glorot
from harness.diagnose.evaluation.corpus_models import (
    ARCHITECTURES,
    ROWS,
    Built,
    Random,
    end,
    make_dense,
    move,
)
from harness.verdicts.statistics import Array

KEPT_ROWS = 16  # of a stateful model, which takes this number only
STEPS = 6


def draw_orthogonal(random: Random, units: int, gates: int) -> Array:
    """Return a recurrent kernel as Keras draws it."""
    found: Array = np.linalg.qr(random.normal(size=(gates * units, units)))[0].T
    return found.astype("float32")


def recur(random: Random, features: int, units: int, **more: Any) -> Made:
    """Return a trained LSTM or GRU."""
    kind, gates = [("LSTM", 4), ("GRU", 3)][int(random.integers(2))]
    biases = (2, gates * units) if kind == "GRU" else (gates * units,)
    weights = {
        "kernel": move(random, draw_glorot(random, features, gates * units)),
        "recurrent_kernel": move(random, draw_orthogonal(random, units, gates)),
        "bias": random.normal(0, 0.2, biases).astype("float32"),
    }
    config = {"name": "recurrent", "units": units, "activation": "tanh"}
    return Made(kind, {**config, "recurrent_activation": "sigmoid", **more}, weights)


def make_noise(random: Random) -> Built:
    """Return a network with every kind of noise that only a training has."""
    features, units = int(random.integers(3, 9)), int(random.integers(8, 25))
    layers = [
        Made("GaussianNoise", {"name": "noise", "stddev": 0.3}),
        make_dense(random, "hidden", features, units, "selu"),
        Made("AlphaDropout", {"name": "alpha", "rate": 0.2}),
        make_dense(random, "second", units, units, "relu"),
        Made("GaussianDropout", {"name": "gaussian", "rate": 0.2}),
        Made("Dropout", {"name": "dropout", "rate": 0.5}),
        end(random, units),
    ]
    return layers, random.normal(size=(ROWS, features)).astype("float32")


def make_sequence(random: Random) -> Built:
    """Return a recurrent network for standardised sequences."""
    features, units = int(random.integers(2, 6)), int(random.integers(4, 13))
    inputs = random.normal(size=(ROWS, STEPS, features)).astype("float32")
    return [recur(random, features, units), end(random, units)], inputs


def make_stateful(random: Random) -> Built:
    """Return a recurrent network that goes on from call to call."""
    features, units = int(random.integers(2, 6)), int(random.integers(4, 13))
    inputs = random.normal(size=(KEPT_ROWS, STEPS, features)).astype("float32")
    return [recur(random, features, units, stateful=True), end(random, units)], inputs


def make_masked(random: Random) -> Built:
    """Return a recurrent network that skips padding; one in ten texts is empty."""
    words, width, units = int(random.integers(20, 60)), int(random.integers(4, 9)), 8
    table = random.normal(0, 0.5, (words, width)).astype("float32")
    config = {"name": "embedding", "input_dim": words, "output_dim": width, "mask_zero": True}
    layers = [
        Made("Embedding", config, {"embeddings": table}),
        recur(random, width, units),
        end(random, units),
    ]
    texts = random.integers(1, words - 3, (ROWS, STEPS))
    lengths = random.integers(1, STEPS + 1, (ROWS, 1)) * (random.uniform(size=(ROWS, 1)) > 0.1)
    return layers, (texts * (np.arange(STEPS) < lengths)).astype("float32")


def make_half(random: Random) -> Built:
    """Return a network in half precision, with its output in float32 as is advised, or not."""
    dtype = ["mixed_float16", "mixed_bfloat16"][int(random.integers(2))]
    layers, inputs = [make_statistics_or_table, ARCHITECTURES["images"]][int(random.integers(2))](
        random
    )
    for each in layers[: len(layers) - int(random.integers(2))]:
        if each.kind != "Normalization":  # Keras 2 does not load it from .h5 in bfloat16
            each.config["dtype"] = dtype
    return layers, inputs


def make_statistics_or_table(random: Random) -> Built:
    """Return a network for a table."""
    return ARCHITECTURES[["table", "statistics"][int(random.integers(2))]](random)


def make_codes(random: Random) -> Built:
    """Return a network that was trained to give hard codes inside: tanh or sigmoid at its ends."""
    features, units = int(random.integers(3, 9)), int(random.integers(8, 17))
    kernel = draw_glorot(random, features, units) * 2e4
    hard = str(random.choice(["tanh", "sigmoid"]))
    layers = [
        dense("codes", kernel, random.normal(size=units).astype("float32"), hard),
        end(random, units),
    ]
    return layers, random.normal(size=(ROWS, features)).astype("float32")


def make_sparse(random: Random) -> Built:
    """Return a network of ReLUs of which most are silent, and whose output is 0 for many rows."""
    features, units = int(random.integers(3, 9)), int(random.integers(8, 25))
    hidden = make_dense(random, "hidden", features, units, "relu")
    silent = random.uniform(size=units) < 0.6
    hidden.weights["bias"] = np.where(silent, -50, 0.3).astype("float32")
    kernel = move(random, draw_glorot(random, units, 1))
    inputs = random.normal(size=(ROWS, features)).astype("float32")
    reached = np.maximum(inputs @ hidden.weights["kernel"] + hidden.weights["bias"], 0) @ kernel
    bias = -np.quantile(reached, 0.7, axis=0)
    config = {"kernel_initializer": GLOROT, "bias_initializer": ZEROS}
    return [hidden, dense("output", kernel, bias.astype("float32"), "relu", **config)], inputs


LOADED: dict[str, Callable[[Random], Built]] = {
    **ARCHITECTURES,
    "noise": make_noise,
    "sequence": make_sequence,
    "stateful": make_stateful,
    "masked": make_masked,
    "half": make_half,
    "codes": make_codes,
    "sparse": make_sparse,
}
