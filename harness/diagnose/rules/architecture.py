"""Rules that read the layers which a file describes."""

from collections.abc import Callable

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.layer import Layer, Network
from harness.formats.facts import plain
from harness.formats.known import class_names

OF_EVERY_LAYER = {"name", "trainable", "dtype", "batch_input_shape", "batch_shape"}
CONFIGURED = {  # layers of Keras that always write more
    "Dense",
    "Conv1D",
    "Conv2D",
    "Embedding",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "Dropout",
    "ReLU",
    "LeakyReLU",
    "PReLU",
    "Attention",
    "MultiHeadAttention",
}
KERAS = ("keras", "tf_keras", "tensorflow")


def find_softmax_of_one(network: Network) -> Finding | None:
    """Speak where softmax stands over a layer of one unit."""
    layers = network.layers
    for before, layer in zip([None, *layers], layers, strict=False):
        one = layer.config.get("units", layer.config.get("filters")) == 1
        after = before is not None and is_one(before) and is_softmax_layer(layer)
        if (one and layer.activation == "softmax") or after:
            said = f"the layer {plain(layer.name)} has softmax over one unit"
            return make_finding("softmax-over-one-unit", 0.95, said)
    return None


def is_one(layer: Layer) -> bool:
    """Return whether a layer has one unit and no activation of its own."""
    return layer.class_name == "Dense" and layer.config.get("units") == 1


def is_softmax_layer(layer: Layer) -> bool:
    """Return whether a layer is nothing but a softmax over the last axis."""
    alone = layer.class_name == "Softmax" and layer.config.get("axis", -1) == -1
    return alone or (layer.class_name == "Activation" and layer.activation == "softmax")


def find_shadowed_class(network: Network) -> Finding | None:
    """Speak where a class of the user's has the name of a layer of Keras, and no package.

    Keras 2 writes no module. There a configuration tells that lacks what Keras' own class writes.
    """
    for layer in network.layers:
        named = f"the layer {plain(layer.name)} is"
        own = layer.module is not None and layer.module.partition(".")[0] not in KERAS
        if own and layer.module != "builtins" and layer.class_name in class_names():
            said = f"{named} {plain(layer.module)}.{layer.class_name}"
            return make_finding("name-of-a-built-in", 0.5, said)
        if layer.class_name in CONFIGURED and layer.config and set(layer.config) <= OF_EVERY_LAYER:
            said = f"{named} a {layer.class_name} without any setting that Keras' own class writes"
            return make_finding("name-of-a-built-in", 0.6, said)
    return None


RULES: tuple[Callable[[Network], Finding | None], ...] = (find_softmax_of_one, find_shadowed_class)
