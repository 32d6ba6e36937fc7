"""Healthy models of many architectures, from a seed, with weights as after a training.

No training is run: kernels are drawn as Keras draws them and then moved, biases are drawn. That is
what the rules see of a trained model, and no more.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.diagnose.evaluation.corpus_files import GLOROT, ZEROS, Made, dense, draw_glorot
from harness.verdicts.statistics import Array

Random = np.random.Generator
Built = tuple[list[Made], Array]  # layers, and inputs that fit
ROWS = 40
HIDDEN = ("relu", "tanh", "elu", "sigmoid", "selu")


def move(random: Random, kernel: Array) -> Array:
    """Return a kernel after a training, some of them pruned."""
    moved = kernel + random.normal(size=kernel.shape) * 0.3 * kernel.std()
    pruned = moved * (random.uniform(size=kernel.shape) > 0.5)
    result: Array = (pruned if random.uniform() < 0.1 else moved).astype("float32")
    return result


def make_dense(random: Random, name: str, rows: int, units: int, activation: str) -> Made:
    """Return a trained Dense layer; one in ten has a bias that is still zero."""
    bias = random.normal(size=units).astype("float32") * (0.2 if random.uniform() > 0.1 else 0)
    return dense(name, move(random, draw_glorot(random, rows, units)), bias, activation)


def end(random: Random, rows: int) -> Made:
    """Return an output layer: a regression, one probability, or classes."""
    units, activation = [
        (1, "linear"),
        (1, "sigmoid"),
        (3, "softmax"),
        (12, "softmax"),
        (2, "linear"),
    ][int(random.integers(5))]
    return make_dense(random, "output", rows, units, activation)


def make_table(random: Random) -> Built:
    """Return a network for a table of features, one in two with its own Normalization."""
    features = int(random.integers(3, 9))
    scales, means = 10 ** random.uniform(-1, 2, features), random.normal(size=features) * 20
    inputs = (random.normal(size=(ROWS, features)) * scales + means).astype("float32")
    layers, width = [], features
    if random.uniform() < 0.5:
        weights = {
            "mean": means.astype("float32"),
            "variance": (scales**2).astype("float32"),
            "count": np.int64(0),
        }
        config = {"name": "normalization", "axis": [-1], "mean": None, "variance": None}
        layers.append(Made("Normalization", config, weights))
    else:
        inputs = ((inputs - means) / scales).astype("float32")
    for number in range(int(random.integers(1, 4))):
        units = int(random.integers(8, 33))
        hidden = str(random.choice(HIDDEN))
        layers.append(make_dense(random, f"hidden_{number}", width, units, hidden))
        if random.uniform() < 0.3:
            layers.append(Made("Dropout", {"name": f"dropout_{number}", "rate": 0.2}))
        width = units
    return [*layers, end(random, width)], inputs


def make_statistics(random: Random) -> Built:
    """Return a network with BatchNormalization that a training has settled."""
    features, units = int(random.integers(4, 12)), int(random.integers(8, 24))
    config = {"name": "norm", "axis": -1, "epsilon": 1e-3, "scale": True, "center": True}
    weights = {
        "gamma": random.normal(1, 0.1, units),
        "beta": random.normal(0, 0.1, units),
        "moving_mean": random.normal(0, 0.5, units),
        "moving_variance": random.uniform(0.3, 3, units),
    }
    weights = {name: values.astype("float32") for name, values in weights.items()}
    layers = [
        make_dense(random, "hidden", features, units, "relu"),
        Made("BatchNormalization", config, weights),
        end(random, units),
    ]
    return layers, random.normal(size=(ROWS, features)).astype("float32")


def make_images(random: Random) -> Built:
    """Return a convolutional network that rescales 0..255 itself, or is fed 0..1."""
    filters, inside = int(random.integers(4, 9)), random.uniform() < 0.5
    kernel = draw_glorot(random, 27, filters).reshape(3, 3, 3, filters)
    config: dict[str, Any] = {
        "name": "conv",
        "filters": filters,
        "kernel_size": [3, 3],
        "strides": [1, 1],
        "padding": str(random.choice(["same", "valid"])),
        "activation": "relu",
        "use_bias": True,
        "kernel_initializer": GLOROT,
        "bias_initializer": ZEROS,
    }
    weights = {"kernel": move(random, kernel), "bias": random.normal(0, 0.1, filters)}
    layers = [
        Made("Conv2D", config, {key: each.astype("float32") for key, each in weights.items()}),
        Made("MaxPooling2D", {"name": "pool", "pool_size": [2, 2], "strides": [2, 2]}),
        Made("GlobalAveragePooling2D", {"name": "all"}),
        end(random, filters),
    ]
    images = random.integers(0, 256, (ROWS, 8, 8, 3)).astype("float32")
    rescaling = Made("Rescaling", {"name": "rescaling", "scale": 1 / 255, "offset": 0.0})
    return ([rescaling, *layers], images) if inside else (layers, images / np.float32(255))


def make_words(random: Random) -> Built:
    """Return a network for word numbers, padded before the text."""
    words, width = int(random.integers(20, 60)), int(random.integers(8, 17))
    table = random.normal(0, 0.3, (words, width)).astype("float32")
    config = {"name": "embedding", "input_dim": words, "output_dim": width}
    layers = [
        Made("Embedding", config, {"embeddings": table}),
        Made("Flatten", {"name": "flatten"}),
        make_dense(random, "hidden", 6 * width, 8, "relu"),
        end(random, 8),
    ]
    texts = random.integers(1, words - 3, (ROWS, 6))
    lengths = random.integers(2, 7, (ROWS, 1))
    return layers, (texts * (np.arange(6) >= 6 - lengths)).astype("float32")


ARCHITECTURES: dict[str, Callable[[Random], Built]] = {
    "table": make_table,
    "statistics": make_statistics,
    "images": make_images,
    "words": make_words,
}
