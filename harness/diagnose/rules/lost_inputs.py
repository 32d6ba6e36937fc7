"""Rules for inputs of which something is lost: the decimals, all numbers, the last images.

Numbers of words that the first layer has no row for are lost too.
"""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.first_layer import SHAPING
from harness.diagnose.rules.training_inputs import are_images
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

# Of a standard normal: the shares of 0, of 1 and -1, and of what is larger.
CUT = {"cut off": (0.683, 0.271, 0.046), "rounded": (0.383, 0.483, 0.134)}
MOST, LARGEST_CUT, CLOSE, LEAST_LARGER = 0.5, 8, 0.12, 0.005
FEWEST_ROWS, FEWEST_CUT = 10, 40  # rows, numbers
FEWEST_ZEROS = 4  # rows
FEWEST_EMPTY = 2  # rows of zeros at the end


def find_cut_to_integers(network: Network, values: Array) -> Finding | None:
    """Speak where whole numbers are as standardised columns leave them when they are cut off.

    So are some answers of polls: this is for inputs that do not give the expected outputs.
    """
    if values.ndim not in (2, 3) or len(values) < FEWEST_ROWS or not values.size:
        return None
    if are_images(values):
        return None
    flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1])  # a series: each step
    both = (flat.min(axis=0) < 0) & (flat.max(axis=0) > 0)  # others may be one-hot
    sizes = np.abs(flat[:, both])
    if (flat != np.trunc(flat)).any() or sizes.size < FEWEST_CUT or both.mean() < MOST:
        return None
    if sizes.max() > LARGEST_CUT:
        return None
    if any(each.class_name == "Embedding" for each in network.layers):
        return None
    shares = [float((sizes == 0).mean()), float((sizes == 1).mean()), float((sizes > 1).mean())]
    for said, usual in CUT.items():
        near = max(abs(one - other) for one, other in zip(shares, usual, strict=True)) < CLOSE
        if near and shares[2] >= LEAST_LARGER:
            evidence = (
                f"all numbers are whole, and of those in columns with both signs {shares[0]:.0%}"
                f" are 0, {shares[1]:.0%} are 1 or -1 and {shares[2]:.0%} are larger: so are"
                f" standardised columns that were {said}"
            )
            return make_finding("uint8-truncation", 0.6, evidence)
    return None


def find_nothing(network: Network, values: Array) -> Finding | None:
    """Speak where every number of the inputs is 0."""
    if not values.size or values.any() or len(values) < FEWEST_ZEROS:
        return None
    if any(each.class_name == "Embedding" for each in network.layers):
        return None  # padding alone
    said = f"all {values.size} numbers of the inputs are 0"
    return make_finding("batch-never-filled", 0.85, said)


def find_beyond_table(network: Network, values: Array) -> Finding | None:
    """Speak where numbers of words lie beyond the table of the first layer."""
    layers = [each for each in network.layers if each.class_name not in SHAPING]
    if not layers or layers[0].class_name != "Embedding" or not values.size:
        return None
    rows, largest = layers[0].config.get("input_dim"), float(values.max())
    if type(rows) is not int or not 0 < rows <= largest:
        return None
    beyond = int((values >= rows).sum())
    said = (
        f"the layer {plain(layers[0].name, 40)} has rows for the numbers 0 to {rows - 1}, and"
        f" {beyond} of {values.size} numbers are larger, up to {largest:g}"
    )
    return make_finding("tokenizer-refitted", 0.8, said)


def find_empty_images(network: Network, values: Array) -> Finding | None:
    """Speak where the images of the last rows, or all, are 0: an array that was never filled."""
    if values.ndim != 4 or not values.any():
        return None
    if any(each.class_name == "Embedding" for each in network.layers):
        return None
    filled = values.reshape(len(values), -1).any(axis=1)
    empty = len(values) - 1 - int(np.flatnonzero(filled).max(initial=-1))
    if empty < FEWEST_EMPTY:
        return None
    said = f"the last {empty} of {len(values)} images are only zeros"
    return make_finding("batch-never-filled", 0.8, said)


RULES = (find_nothing, find_beyond_table, find_empty_images)
