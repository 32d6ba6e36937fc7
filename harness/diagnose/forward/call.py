"""One call of a layer in the numpy forward pass: values with their masks, keywords, and how."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.diagnose.forward.activations import ACTIVATIONS
from harness.diagnose.network.hdf5 import name_weights
from harness.diagnose.network.layer import Layer, name_variables
from harness.formats.facts import plain
from harness.verdicts.statistics import Array


class CannotCompute(ValueError):
    """A layer or an option is not known here; the message is a part of a sentence."""


class Unsure:
    """A mask that releases of Keras compute differently, or that is not known here."""


UNSURE = Unsure()
Mask = Array | Unsure | None  # an array: bool, shape (rows, steps)


@dataclass
class Value:
    """What a layer gives: numbers in float64, rows first, and the mask that travels with them."""

    array: Array
    mask: Mask = None
    mask_read: bool = False  # a layer has used the mask


@dataclass(frozen=True)
class How:
    """How a model is called. `keras`: the writer's major and minor version, None if unknown.

    `training`: BatchNormalization takes the statistics of the batch. `half`: layers in half
    precision are computed too, in float64.
    """

    training: bool = False
    half: bool = False
    keras: tuple[int, int] | None = None


@dataclass(frozen=True)
class Call:
    """A call of a layer. `listed`: the first argument is a list. `keywords` hold Value objects."""

    layer: Layer
    inputs: list[Value]
    how: How = How()
    keywords: dict[str, Any] = field(default_factory=dict)
    listed: bool = False

    @property
    def array(self) -> Array:
        """Return the one input; raises CannotCompute for several."""
        if len(self.inputs) != 1:
            raise CannotCompute(f"{len(self.inputs)} inputs of {self.name}")
        return self.inputs[0].array

    @property
    def name(self) -> str:
        """Return the layer's name, safe to print."""
        return plain(self.layer.name, 40)


def use_mask(value: Value, name: str) -> Array | None:
    """Return the mask of a value for a layer that acts on it; raises CannotCompute if unsure."""
    value.mask_read = True
    if isinstance(value.mask, Unsure):
        raise CannotCompute(f"the mask that reaches {name}")
    if value.mask is not None and value.mask.shape != value.array.shape[: value.mask.ndim]:
        raise CannotCompute(f"the shape of the mask that reaches {name}")
    return value.mask


def take(layer: Layer, name: str) -> Array:
    """Return a weight of a layer; raises CannotCompute where the file has none, or has steps."""
    if name not in layer.weights:
        raise CannotCompute(f"{name} of {plain(layer.name, 40)} is not in the file")
    values = np.asarray(layer.weights[name])
    if values.dtype in (np.int8, np.uint8):
        raise CannotCompute(f"{name} of {plain(layer.name, 40)} is quantised")
    return values.astype(np.float64)


def activate(layer: Layer, values: Array) -> Array:
    """Return the values after the layer's activation."""
    return find_activation(layer, "activation", "linear")(values)


def find_activation(layer: Layer, key: str, usual: str) -> Callable[[Array], Array]:
    """Return an activation of a layer; raises CannotCompute for one that is not known here."""
    named = layer.config.get(key, usual)
    if isinstance(named, dict):
        own = named.get("module") not in (None, "builtins") or named.get("class_name") != "function"
        registered = str(named.get("registered_name"))
        named = "?" if own or ">" in registered else named.get("config")
    name = "linear" if named is None else named
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise CannotCompute(f"the activation {plain(name, 40)} of {plain(layer.name, 40)}")
    return ACTIVATIONS[name]


def add_bias(layer: Layer, values: Array) -> Array:
    """Return the values with the layer's bias added, where it has one."""
    return values + take(layer, "bias") if layer.config.get("use_bias", True) else values


def make_inner(layer: Layer, key: str, *prefixes: str) -> Layer:
    """Return the layer that a wrapper holds in its configuration, with the weights of it.

    `prefixes`: what its weights begin with, in the layouts that Keras has written.
    """
    node = layer.config.get(key)
    if not isinstance(node, dict) or not isinstance(node.get("config"), dict):
        raise CannotCompute(f"what {plain(layer.name, 40)} wraps")
    inner = Layer.from_node(node)
    found = {}
    for place, array in layer.weights.items():
        for prefix in prefixes:
            if place.startswith(prefix):
                found[place.removeprefix(prefix).lstrip("/")] = array
                break
    named = name_weights(inner, "", {f"/{place}": array for place, array in found.items()})
    inner.weights = {simplify(place, inner): array for place, array in named.items()}
    return inner


def simplify(place: str, layer: Layer) -> str:
    """Return the last part of a place where that is the name of a variable of the layer."""
    last = place.rpartition("/")[2]
    known = {*name_variables(layer), "depthwise_kernel"}
    return last if last in known else place


def as_list(value: Any, length: int = 1, least: int = 1) -> list[int]:
    """Return a size that a configuration gives as a number or as a list of `length`."""
    listed = value if isinstance(value, list | tuple) else [value] * length
    if len(listed) != length or not all(
        isinstance(each, int) and least <= each < 1 << 16 for each in listed
    ):
        raise CannotCompute("a size that is no number")
    return list(listed)


def as_axes(value: Any, ndim: int) -> list[int]:
    """Return axes, one or a list of them, counted from 0; raises CannotCompute for others."""
    listed = value if isinstance(value, list | tuple) else [value]
    axes = [each + ndim if isinstance(each, int) and each < 0 else each for each in listed]
    if not axes or not all(isinstance(each, int) and 0 < each < ndim for each in axes):
        raise CannotCompute(f"the axis {plain(value, 20)}")
    return sorted(set(axes))


def to_last(config: dict[str, Any], values: Array) -> Array:
    """Return images with their channels last, whatever the configuration says of them."""
    return np.moveaxis(values, 1, -1) if is_first(config) else values


def from_last(config: dict[str, Any], values: Array) -> Array:
    """Return images as the configuration says."""
    return np.moveaxis(values, -1, 1) if is_first(config) else values


def is_first(config: dict[str, Any]) -> bool:
    """Return whether channels stand first; raises CannotCompute where neither is said."""
    said = config.get("data_format")
    if said not in (None, "channels_last", "channels_first"):
        raise CannotCompute(f"the data format {plain(said, 20)}")
    return said == "channels_first"


def iterate_values(given: Any) -> Iterator[Value]:
    """Yield the values in an argument, in order."""
    if isinstance(given, Value):
        yield given
    elif isinstance(given, list):
        for each in given:
            yield from iterate_values(each)
