"""Weights from HDF5: the legacy layout of `.h5`, and that of `.weights.h5` and `.keras`."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from harness.diagnose.network import Layer, Network, Node, name_variables
from harness.formats.hdf5 import list_objects, spell_name
from harness.verdicts.statistics import Array

MOST_BYTES, MOST_OF_ONE = 64 << 20, 8 << 20  # that are read of all arrays, and of one
DEEPEST_GROUP = 32  # of groups in one another; a model in a model takes two
STEPS = {"iter", "iteration", "iterations"}
OPTIMIZERS = ("optimizer_weights/", "optimizer/", "_optimizer/")
INNER = ("cell", "forward_layer", "backward_layer", "layer")


def read_arrays(file: Any, network: Network) -> None:
    """Read the arrays of an open HDF5 file into `network`, by their places, within limits."""
    left = MOST_BYTES
    for place, dataset in iterate_datasets(file):
        if dataset.external or dataset.is_virtual or dataset.dtype.kind not in "fiub":
            continue
        if place.startswith(OPTIMIZERS):
            note_optimizer(place, dataset, network)
            continue
        values, whole = read_some(dataset, min(MOST_OF_ONE, left))
        left -= values.nbytes
        network.arrays[place] = values
        if not whole:
            network.partly.add(place)
    network.values = True


def read_some(dataset: Any, most: int) -> tuple[Array, bool]:
    """Return an array, or its first rows where it is larger than `most` bytes."""
    size = int(dataset.size or 0) * int(dataset.dtype.itemsize)
    if not size:
        return np.zeros(dataset.shape or (), dataset.dtype), True
    if size <= most or not dataset.shape:
        return np.asarray(dataset[()]), True
    rows = most * int(dataset.shape[0]) // size
    return np.asarray(dataset[:rows]), False


def iterate_datasets(file: Any) -> Iterator[tuple[str, Any]]:
    """Yield every array that stands in the file itself, each once, with its place."""
    import h5py

    for name in list_objects(file)[1]:
        yield spell_name(name), h5py.Dataset(h5py.h5d.open(file.id, name))


def note_optimizer(place: str, dataset: Any, network: Network) -> None:
    """Record the steps that an optimizer has done, or the shape of a slot."""
    name = place.rpartition("/")[2].partition(":")[0]
    numbered = place in ("optimizer/vars/0", "_optimizer/vars/0")
    scalar = dataset.shape == ()
    if scalar and dataset.dtype.kind in "iu" and (name in STEPS or numbered):
        network.optimizer.iterations = int(dataset[()])
    elif not scalar:
        network.optimizer.slots.append(tuple(dataset.shape))


def attach_legacy(network: Network) -> None:
    """Give each layer its weights from the places of a legacy `.h5`: layer/.../kernel:0."""
    layers = {layer.name: layer for layer in network.layers}
    for place, values in network.arrays.items():
        parts = place.removeprefix("model_weights/").split("/")
        owner = next((each for each in reversed(parts[:-1]) if each in layers), None)
        if owner is not None:
            layer = layers[owner]
            name = parts[-1].partition(":")[0]
            direction = next((part for part in parts if part.startswith(("forward", "back"))), "")
            layer.weights[f"{direction}/{name}" if direction else name] = values
            layer.place = place.rpartition("/")[0]


def attach_archive(network: Network) -> None:
    """Give each layer its weights from the places of Keras 3: layers/dense/vars/0."""
    if network.root is not None:
        attach_node(network.root, "", network.arrays, list_below(network.arrays))


def list_below(places: Iterable[str]) -> dict[str, list[str]]:
    """Return the arrays below each group, so that nobody looks through all of them for each."""
    found: dict[str, list[str]] = {}
    for place in places:
        group = ""
        for part in place.split("/", DEEPEST_GROUP)[:-1]:
            group = f"{group}/{part}" if group else part
            found.setdefault(group, []).append(place)
    return found


def attach_node(
    node: Node, prefix: str, arrays: dict[str, Array], below: dict[str, list[str]]
) -> None:
    """Give the layers of one model their weights; a place is named by class and order."""
    for container in ("layers", "_layer_checkpoint_dependencies"):
        inside = f"{prefix}{container}/"
        used: dict[str, int] = {}
        for each in node.layers:
            name = to_snake_case(each.class_name)
            number = used.get(name, 0)
            used[name] = number + 1
            if number and counts_twice(inside + name, below):
                number *= 2
            place = f"{inside}{name}_{number}" if number else f"{inside}{name}"
            if isinstance(each, Node):
                attach_node(each, f"{place}/", arrays, below)
                continue
            found = {at: arrays[at] for at in below.get(place, ())}
            if found:
                each.place = place
                each.weights = name_weights(each, place, found)


def counts_twice(place: str, below: dict[str, list[str]]) -> bool:
    """Return whether layers are numbered 0, 2, 4, as Keras 2.12 and 2.13 did."""
    old = "_layer_checkpoint_dependencies/" in place
    return old and f"{place}_1" not in below


def name_weights(layer: Layer, place: str, found: dict[str, Array]) -> dict[str, Array]:
    """Return weights by name: those of vars/0, vars/1 by the layer's class, where it is known."""
    names, result = name_variables(layer), {}
    for at, array in found.items():
        inner = at.removeprefix(f"{place}/")
        numbered = re.fullmatch(r"(?:cell/)?vars/(\d+)", inner)
        known = numbered and int(numbered[1]) < len(names)
        result[names[int(numbered[1])] if numbered and known else inner] = array
    return result


def to_snake_case(name: str) -> str:
    """Return a class's name as Keras writes it in a place (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
