"""Weights from HDF5: the legacy layout of `.h5`, and that of `.weights.h5` and `.keras`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from harness.diagnose.network.layer import (
    Layer,
    Network,
    Node,
    build_network,
    iterate_layers,
    name_variables,
)
from harness.formats.hdf5 import list_objects, spell_name
from harness.verdicts.statistics import Array

MOST_BYTES, MOST_OF_ONE = 64 << 20, 8 << 20  # that are read of all arrays, and of one
DEEPEST_GROUP = 32  # of groups in one another; a model in a model takes two
STEPS = {"iter", "iteration", "iterations"}
OPTIMIZERS = ("optimizer_weights/", "optimizer/", "_optimizer/")
Tables = dict[int, tuple[dict[str, Layer | Node], dict[str, Layer | Node]]]
COMPOUND = {"MultiHeadAttention", "RNN", "TimeDistributed"}  # of layers with like names


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
    tables: Tables = {}
    for place, values in network.arrays.items():
        parts = place.removeprefix("model_weights/").partition(":")[0].split("/")
        layer, inside = find_owner(network.root, parts, tables)
        if layer is not None and inside:
            layer.weights[name_legacy(layer, inside)] = values
            layer.place = place.rpartition("/")[0]


def find_owner(
    node: Node | None, parts: list[str], tables: Tables
) -> tuple[Layer | None, list[str]]:
    """Return the layer that a place belongs to, and what of the place stands below it.

    The place begins with a layer of the outer model. Inside a model within, the first words that
    name a layer count. A name may hold slashes. `tables` keeps what each model holds.
    """
    found: Layer | Node | None = node
    inner = False
    while isinstance(found, Node) and len(parts) <= DEEPEST_GROUP:
        if id(found) not in tables:
            tables[id(found)] = make_tables(found)
        members, below = tables[id(found)]
        named = find_named(members, parts, inner)
        if named is None and inner:  # the release names no models within
            members, named = below, find_named(below, parts, inner)
        if named is None:
            return None, []
        name, parts = named
        found, inner = members[name], True
    return (found, parts) if isinstance(found, Layer) else (None, [])


def make_tables(node: Node) -> tuple[dict[str, Layer | Node], dict[str, Layer | Node]]:
    """Return what a model holds, by name; and all layers below it whose name is there once."""
    layers = list(iterate_layers(node))
    counts = Counter(each.name for each in layers)
    below = {each.name: each for each in layers if counts[each.name] == 1}
    return {each.name: each for each in node.layers}, {**below}


def find_named(
    members: dict[str, Layer | Node], parts: list[str], anywhere: bool
) -> tuple[str, list[str]] | None:
    """Return the first member that a place names, and the parts after the name; None for none."""
    for start in range(len(parts) - 1 if anywhere else 1):
        for end in reversed(range(start + 1, len(parts))):
            name = "/".join(parts[start:end])
            if name in members:
                return name, parts[end:]
    return None


def name_legacy(layer: Layer, inside: list[str]) -> str:
    """Return the name of a weight: with the part of the layer that holds it, if it has parts."""
    if layer.class_name in COMPOUND:
        return "/".join(inside)
    if layer.class_name != "Bidirectional":
        return inside[-1]
    back = layer.config.get("backward_layer")
    details = back.get("config") if isinstance(back, dict) else None
    if isinstance(details, dict) and details.get("name") in inside:  # Keras 3 keeps its name
        return f"backward_{details['name']}/{inside[-1]}"
    ways = [part for part in inside if part.startswith(("forward_", "backward_"))]
    return f"{ways[-1]}/{inside[-1]}" if ways else inside[-1]


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


def attach_wrapped(layer: Layer) -> Node | None:
    """Return the model that a layer such as TimeDistributed wraps, with its weights."""
    node = build_network(layer.config.get("layer"))
    if node is None:
        return None
    if any(place.startswith("layer/") for place in layer.weights):
        attach_node(node, "layer/", layer.weights, list_below(layer.weights))
        return node
    outer = Node("", [node])
    tables: Tables = {}
    for place, values in layer.weights.items():
        owner, inside = find_owner(outer, [node.name, *place.split("/")], tables)
        if owner is not None and inside:
            owner.weights[name_legacy(owner, inside)] = values
    return node


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
