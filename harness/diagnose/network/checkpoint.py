"""Weights from a TensorFlow checkpoint, a SavedModel's own too: `.index` and one data file.

Layers are known by the names of their variables alone, so rules that ask for a layer's
configuration stay silent.
"""

from pathlib import Path

import numpy as np

from harness.diagnose.network.hdf5 import MOST_BYTES, MOST_OF_ONE
from harness.diagnose.network.layer import Layer, Network, Node
from harness.formats.facts import map_file, open_regular, read_limited
from harness.formats.leveldb import LARGEST_TABLE, iterate_entries
from harness.formats.tensorbundle import DTYPES, decode_name
from harness.formats.wire import find_messages, find_number
from harness.verdicts.statistics import Array

ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"
STEPS = ("optimizer/iter", "optimizer/_iterations", "optimizer/iterations")
SLOT = "/.OPTIMIZER_SLOT/"
TRAINED = "optimizer/_trainable_variables/"  # where Keras 3 lists the model's own
OTHERS = ("optimizer/", "save_counter", "keras_api/", "_optimizer/")
GRU_BIASES = 2  # rows of the bias of a GRU, which may be zeros
OLD_SLOTS = ("Adam", "Adam_1", "Momentum", "RMSProp", "RMSProp_1", "Adagrad")


def read_checkpoint_arrays(prefix: Path) -> Network:
    """Return the arrays of a checkpoint, each by the path of its variable.

    Raises Unreadable or OSError. Of several data files none is read: `values` is False then.
    """
    network = Network()
    data_path = prefix.with_name(f"{prefix.name}.data-00000-of-00001")
    index = prefix.with_name(f"{prefix.name}.index")
    if not data_path.is_file() or not index.is_file():
        return network
    with open_regular(index) as stream:
        table = read_limited(stream, LARGEST_TABLE, "the index")
    data, left = map_file(data_path), MOST_BYTES
    for key, entry in iterate_entries(table):
        name = decode_name(key).removesuffix(ATTRIBUTE)
        dtype = DTYPES.get(find_number(entry, 1))
        if not key or dtype is None or np.dtype(dtype).kind not in "fiu":
            continue
        shape = [find_number(dimension, 1) for dimension in find_messages(entry, 2, 2)]
        if SLOT in name or name.rpartition("/")[2] in OLD_SLOTS:
            network.optimizer.slots.append(tuple(shape))
            continue
        at, size = find_number(entry, 4), find_number(entry, 5)
        if size > min(left, MOST_OF_ONE) or at + size > len(data):
            network.partly.add(name)
            continue
        values = np.frombuffer(data[at : at + size], dtype).reshape(shape)
        left -= size
        if name in STEPS:
            network.optimizer.iterations = int(values)
        elif name.startswith(TRAINED) or not name.startswith(OTHERS):
            network.arrays[name] = values
    network.values = True
    network.root = Node("", [make_layer(*each) for each in group(network.arrays).items()])
    return network


def group(arrays: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """Return the arrays by the path of their layer, each by its name in the layer."""
    layers: dict[str, dict[str, Array]] = {}
    for place, values in arrays.items():
        parent, _, name = place.rpartition("/")
        name = name.removeprefix("_").removeprefix("adapt_")
        if name.isdigit() and values.ndim > 1 and values.shape[0] != GRU_BIASES:
            name = f"{name}/kernel"  # a list of variables has no names
        layers.setdefault(parent, {})[name] = values
    return layers


def make_layer(place: str, weights: dict[str, Array]) -> Layer:
    """Return a layer whose class is told by its variables, "" where they do not tell it."""
    kind = ""
    if {"moving_mean", "moving_variance"} <= set(weights):
        kind = "BatchNormalization"
    elif {"mean", "variance", "count"} <= set(weights):
        kind = "Normalization"
    return Layer(place, kind, {}, weights=weights, place=place)
