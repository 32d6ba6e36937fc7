"""What the first layer of a model learned to expect of its inputs."""

import numpy as np

from harness.diagnose.file_answer import Expectation
from harness.diagnose.network.layer import Network
from harness.formats.facts import plain

MOST_COLUMNS = 4096
SHAPING = ("InputLayer", "Flatten", "Reshape")  # do not change the numbers
NAMES = {
    "Normalization": ("mean", "variance"),
    "BatchNormalization": ("moving_mean", "moving_variance"),
}


def read_expectation(network: Network) -> Expectation | None:
    """Return what the first layer expects, None where it keeps no statistics or has never learned.

    Layers that only change the shape are passed over.
    """
    layers = [each for each in network.layers if each.class_name not in SHAPING]
    if not layers or layers[0].class_name not in NAMES:
        return None
    mean, variance = (layers[0].weights.get(each) for each in NAMES[layers[0].class_name])
    if mean is None or variance is None or mean.shape != variance.shape:
        return None
    if not mean.any() and (variance == 1).all():
        return None  # never adapted
    flat = [np.asarray(each, np.float64).ravel() for each in (mean, variance)]
    if not 0 < flat[0].size <= MOST_COLUMNS or not all(np.isfinite(each).all() for each in flat):
        return None
    return Expectation(
        layer=plain(layers[0].name, 40),
        kind=layers[0].class_name,
        mean=flat[0].tolist(),
        variance=flat[1].tolist(),
    )
