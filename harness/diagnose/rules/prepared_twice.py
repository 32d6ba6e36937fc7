"""Rules for inputs that come prepared to a model that prepares them itself.

The first layer says what it does to its inputs. Numbers as it leaves them are no numbers for it.
"""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.layer import Layer, Network
from harness.diagnose.rules.column_order import measure_columns
from harness.diagnose.rules.first_layer import SHAPING, read_expectation
from harness.diagnose.rules.table_input import is_standardised
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

LARGEST_SCALE = 1 / 50  # of a Rescaling that takes pixels up to 255
LARGEST_PIXEL = 2.0  # of images whose pixels are divided already
FEWEST_ROWS = 10
FAR_MEAN, FAR_SPREAD = 1.0, 3.0  # no column that is standardised has such statistics


def find_double_rescale(network: Network, values: Array) -> Finding | None:
    """Speak where the first layer divides pixels, and these are divided already."""
    layers = [each for each in network.layers if each.class_name not in SHAPING]
    layers = [each for each in layers if not each.class_name.startswith("Random")]
    if not layers or layers[0].class_name != "Rescaling" or values.ndim < 3 or not values.any():
        return None
    scale = layers[0].config.get("scale")
    largest = float(np.abs(values).max())
    if not isinstance(scale, int | float) or not 0 < scale <= LARGEST_SCALE:
        return None
    if largest > LARGEST_PIXEL or not all(each.weights for each in layers if has_kernel(each)):
        return None  # without its weights, an architecture beside a file may be another model's
    said = (
        f"the layer {plain(layers[0].name, 40)} multiplies its inputs by {scale:.4g}, and the"
        f" largest of these is {largest:.4g}"
    )
    return make_finding("double-rescale", 0.85, said)


def has_kernel(layer: Layer) -> bool:
    """Return whether a layer of this class has weights."""
    return layer.class_name in ("Dense", "Conv2D")


def find_scaled_twice(network: Network, values: Array) -> Finding | None:
    """Speak where the first layer standardises its inputs, and these are standardised already."""
    expected = read_expectation(network)
    if expected is None or expected.kind != "Normalization" or values.ndim != 2:
        return None
    columns = measure_columns(values)
    mean, deviation = np.array(expected.mean), np.sqrt(np.array(expected.variance))
    if len(values) < FEWEST_ROWS or len(mean) != values.shape[1] or not is_standardised(columns):
        return None
    spreads = np.abs(np.log(np.maximum(deviation, 1e-12)))
    if ((np.abs(mean) > FAR_MEAN) | (spreads > np.log(FAR_SPREAD))).mean() < 0.5:
        return None  # standardised inputs are what it learned
    column = int(np.abs(mean).argmax())
    said = (
        f"the columns have mean 0 and deviation 1, and the layer {expected.layer} learned raw ones:"
        f" {mean[column]:.4g} is its mean of column {column}, and {columns.means[column]:.2g} here"
    )
    fix = "predictions = model.predict(raw_inputs)  # the model scales them itself"
    return make_finding("scaled-twice", 0.75, said, fix)


RULES = (find_double_rescale, find_scaled_twice)
