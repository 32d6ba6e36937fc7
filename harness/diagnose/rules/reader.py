"""What a release would do with a file: rules of the scenarios of the family `version`.

Each condition is that of the scenario's expectations, which `make test` measures.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.layer import Network
from harness.formats.config import iterate_values
from harness.formats.facts import (
    HDF5_MODEL,
    KERAS_ARCHIVE,
    SAVED_MODEL,
    WEIGHTS_H5,
    Facts,
    plain,
)

REMOVED = {"LocallyConnected1D", "LocallyConnected2D", "ThresholdedReLU"}
TF_LAYERS = {"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"}
RECURRENT = {"LSTM", "GRU", "SimpleRNN", "ConvLSTM2D"}
WITHOUT_GROUPS = {"DepthwiseConv2D", "DepthwiseConv1D", "Conv2DTranspose", "Conv1DTranspose"}
SHORT_LOSSES = {"mse", "mae", "mape", "msle", "MSE", "MAE"}
MODELS = {"Functional", "Model", "Sequential"}
WORDS = (("quantization_config", (3, 13)), ("input_axes", (3, 15)))  # and who takes them first


@dataclass(frozen=True)
class Reading:
    """A file and the Keras that is to read it, as comparable numbers."""

    facts: Facts
    network: Network
    keras: tuple[int, ...]

    @property
    def writer(self) -> tuple[int, ...]:
        """Return the Keras version in the file, () where it names none."""
        return split_version(self.facts.keras or "")

    @property
    def of_keras_2(self) -> bool:
        """Return whether Keras 2 wrote the file."""
        return bool(self.writer) and self.writer < (3,)

    @property
    def nodes(self) -> Iterator[dict[str, Any]]:
        """Yield every object in the configuration that has a class."""
        for each, _ in iterate_values(self.network.config):
            if isinstance(each, dict) and isinstance(each.get("class_name"), str):
                yield each

    def find_class(self, *names: str, key: str = "") -> str:
        """Return the name of the first layer of these classes; with `key` in its configuration."""
        for layer in self.network.layers:
            if layer.class_name in names and (not key or key in layer.config):
                return f"{plain(layer.name, 40)} ({layer.class_name})"
        return ""


def split_version(version: str) -> tuple[int, ...]:
    """Return the numbers of a version: "2.13.1-tf" gives (2, 13, 1)."""
    parts = []
    for each in version.split("."):
        digits = each[: len(each) - len(each.lstrip("0123456789"))]
        if not digits:
            break
        parts.append(int(digits[:6]))
    return tuple(parts)


def foretell(facts: Facts, network: Network | None, keras: str) -> list[Finding]:
    """Return what a reader with this Keras would do with the file."""
    each = Reading(facts, network or Network(), split_version(keras))
    rules = IN_KERAS_3 if each.keras >= (3,) else IN_KERAS_2
    found = []
    for cause, rule in rules.items():
        if said := rule(each):
            found.append(make_finding(cause, 0.95 if cause != "newer-keras-file" else 0.9, said))
    return found


def see_saved_model(each: Reading) -> str:
    return "it is a SavedModel folder" if each.facts.format == SAVED_MODEL else ""


def see_keras_3_file(each: Reading) -> str:
    version = plain(each.facts.keras)
    return f"it was written by Keras {version}" if each.writer >= (3,) else ""


def see_hdf5_inside(each: Reading) -> str:
    named = Path(each.facts.path).suffix == ".keras"
    return "the file begins as HDF5 does" if named and each.facts.format == HDF5_MODEL else ""


def see_removed(each: Reading) -> str:
    found = each.find_class(*REMOVED)
    return f"the layer {found}" if found else ""


def see_tf_layers(each: Reading) -> str:
    found = each.find_class(*TF_LAYERS)
    return f"the layer {found}" if found else ""


def see_old_module(each: Reading) -> str:
    config = each.network.config
    module = config.get("module") if isinstance(config, dict) else None
    return f"config.json, module: {module}" if module == "keras.src.engine.functional" else ""


def see_input_shape(each: Reading) -> str:
    root = each.network.root
    if each.facts.format != KERAS_ARCHIVE or root is None or root.class_name != "Sequential":
        return ""
    found = [
        layer
        for layer in each.network.layers[:2]  # the first may be an InputLayer
        if layer.class_name != "InputLayer" and "batch_input_shape" in layer.config
    ]
    return f"the layer {plain(found[0].name)} stores batch_input_shape" if found else ""


def see_time_major(each: Reading) -> str:
    found = each.find_class(*RECURRENT, key="time_major")
    return f"the layer {found} stores time_major" if found else ""


def see_groups(each: Reading) -> str:
    found = each.find_class(*WITHOUT_GROUPS, key="groups")
    return f"the layer {found} stores groups" if found else ""


def see_policy(each: Reading) -> str:
    if each.keras < (3, 3):
        return ""
    found = any(node["class_name"] == "Policy" for node in each.nodes)
    return "a layer's dtype is an object of the class Policy" if found else ""


def see_nested(each: Reading) -> str:
    root = each.network.root
    if each.facts.format != HDF5_MODEL or not each.of_keras_2 or root is None:
        return ""
    inner = [layer for layer in root.layers if layer.class_name in MODELS]
    functional = root.class_name in ("Functional", "Model")
    return f"the layer {plain(inner[0].name)} is a model" if functional and inner else ""


def see_hard_sigmoid(each: Reading) -> str:
    if not each.of_keras_2:
        return ""
    for layer in each.network.layers:
        for key in ("activation", "recurrent_activation"):
            if layer.config.get(key) == "hard_sigmoid":
                return f"the layer {plain(layer.name)} has {key} hard_sigmoid"
    return ""


def see_newer(each: Reading) -> str:
    if each.facts.format != KERAS_ARCHIVE or each.writer <= each.keras:
        return ""
    for word, first in WORDS:
        if each.keras < first and f'"{word}":' in json.dumps(each.network.config):
            return f"its config.json, of Keras {plain(each.facts.keras)}, holds {word}"
    return ""


def see_compile_objects(each: Reading) -> str:
    compiled = each.network.compiled
    if each.facts.format != KERAS_ARCHIVE or not each.of_keras_2 or not isinstance(compiled, dict):
        return ""
    found = "jit_compile" in each.network.optimizer.config
    return "compile_config holds jit_compile of an optimizer" if found else ""


def see_short_loss(each: Reading) -> str:
    compiled = each.network.compiled
    if each.facts.format != HDF5_MODEL or not isinstance(compiled, dict):
        return ""
    loss = compiled.get("loss")
    found = isinstance(loss, str) and loss in SHORT_LOSSES
    return f"training_config holds the loss {loss!r}" if found else ""


def see_lambda(each: Reading) -> str:
    for layer in each.network.layers:
        function = layer.config.get("function")
        code = isinstance(function, dict) and function.get("class_name") == "__lambda__"
        if layer.class_name == "Lambda" and (code or isinstance(function, list)):
            return f"the layer {plain(layer.name)} holds byte code"
    return ""


def see_not_finalised(each: Reading) -> str:
    late = each.keras >= (3, 6) or each.facts.format != HDF5_MODEL
    found = "" if late else each.find_class("Normalization")
    return f"the layer {found} in an .h5 file" if found else ""


def see_old_layout(each: Reading) -> str:
    old = "_layer_checkpoint_dependencies" in each.facts.marks
    numbered = any("_2/vars/" in place for place in each.network.arrays)
    both = each.facts.format == WEIGHTS_H5 and old and numbered and each.keras >= (2, 14)
    return "its groups are called _layer_checkpoint_dependencies/..._2" if both else ""


IN_KERAS_3: dict[str, Callable[[Reading], str]] = {
    "savedmodel-folder-keras3": see_saved_model,
    "keras-name-hdf5-inside": see_hdf5_inside,
    "removed-layers": see_removed,
    "tfoplambda-unknown": see_tf_layers,
    "functional-archive-module": see_old_module,
    "sequential-archive-shape": see_input_shape,
    "time-major-keyword": see_time_major,
    "groups-keyword": see_groups,
    "mixed-float16-policy": see_policy,
    "nested-model-h5": see_nested,
    "hard-sigmoid-redefined": see_hard_sigmoid,
    "newer-keras-file": see_newer,
    "keras2-compile-objects": see_compile_objects,
    "h5-loss-by-short-name": see_short_loss,
    "lambda-safe-mode": see_lambda,
    "normalization-h5-not-finalised": see_not_finalised,
    "weights-h5-layout-2-12": see_old_layout,
}
IN_KERAS_2: dict[str, Callable[[Reading], str]] = {
    "keras3-file-in-keras2": see_keras_3_file,
    "weights-h5-layout-2-12": see_old_layout,
}
