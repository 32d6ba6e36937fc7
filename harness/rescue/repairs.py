"""Repairs of a Keras 2 model's configuration, so that Keras 3 builds the same model from it.

Each repair is a pure function from a configuration to (the changed configuration, one sentence
that says why, "" where nothing had to be changed). A configuration is the parsed JSON of
`model.to_json()` in the release that wrote the model; the order of REPAIRS matters. What the
sentences claim of Keras was measured with TensorFlow 2.21 and Keras 3.15.1.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.formats.facts import plain
from harness.rescue.nodes import CannotRepair, Node, map_objects
from harness.rescue.states import RECURRENT, pass_states
from harness.rescue.structure import count_calls, give_input_layer, name_modules, rename_layers
from harness.rescue.tensorflow_calls import replace_calls


@dataclass(frozen=True)
class Repair:
    """What was changed, by the name of the repair, and why."""

    name: str
    why: str


# What was changed in the copy for its own release (worker/prepare_model.py).
PREPARED = {
    "cudnn": Repair(
        "replace-cudnn", "CuDNN layers became LSTM and GRU: their release converted the weights"
    ),
    "merge": Repair(
        "replace-merge", "Merge layers of Keras 1 became Add, Concatenate, Dot, ... of Keras 2"
    ),
    "windows-names": Repair(
        "rename-groups", "groups of the weights have / for the backslash of Windows"
    ),
}
KERAS_1 = Repair(
    "read-keras-1",
    "Keras 2.3.1 brought arguments and weights from Keras 1 into the form of Keras 2",
)
# Arguments that Keras 3 refuses, with the values under which they change nothing.
GONE = {
    "time_major": (False, None),
    "groups": (1, None),
    "ragged": (False, None),
    "fused": (True, False, None),
    "renorm": (False, None),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "input_length": None,  # whatever it was: a shape that the input has anyway
    "query_shape": None,  # of the inputs, which the call tells
    "key_shape": None,
    "value_shape": None,
    "kernel_initializer": None,  # these layers have one for each of their two kernels
    "kernel_regularizer": None,
    "kernel_constraint": None,
}
SEPARABLE = ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")
GONE_FROM = {
    "time_major": RECURRENT,
    "groups": (*SEPARABLE, "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    "ragged": ("InputLayer",),
    "fused": ("BatchNormalization",),
    "renorm": ("BatchNormalization",),
    "virtual_batch_size": ("BatchNormalization",),
    "adjustment": ("BatchNormalization",),
    "input_length": ("Embedding",),
    **dict.fromkeys(("query_shape", "key_shape", "value_shape"), ("MultiHeadAttention",)),
    "kernel_initializer": SEPARABLE,
    "kernel_regularizer": SEPARABLE,
    "kernel_constraint": SEPARABLE,
}
OLD_HARD_SIGMOID = {
    "module": "keras.layers",
    "class_name": "Pipeline",
    "registered_name": None,
    "config": {
        "name": "hard_sigmoid_of_keras_2",
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "Rescaling",
                "registered_name": None,
                "config": {"scale": 0.2, "offset": 0.5},
            },
            {
                "module": "keras.layers",
                "class_name": "ReLU",
                "registered_name": None,
                "config": {"max_value": 1.0},
            },
        ],
    },
}


def drop_arguments(config: Node) -> tuple[Node, str]:
    """Drop arguments that Keras 3 refuses, where they had no effect."""
    found = set()

    def change(node: Node) -> Node:
        inner = node["config"]
        for argument, classes in GONE_FROM.items():
            if argument not in inner or node["class_name"] not in classes:
                continue
            harmless = GONE[argument]
            if harmless is not None and inner[argument] not in harmless:
                name = plain(inner.get("name"))
                raise CannotRepair(
                    f"layer {name} has {argument}={plain(inner[argument])}, which Keras 3 cannot do"
                )
            found.add(argument)
            del inner[argument]
        return node

    changed = map_objects(config, change)
    names = ", ".join(sorted(found))
    return changed, f"{names} left out: Keras 3 refuses it, and it had no effect" if found else ""


def drop_initializer_dtypes(config: Node) -> tuple[Node, str]:
    """Drop the dtype of initializers; it matters for weights that are drawn, not for these."""
    found = []

    def change(node: Node) -> Node:
        for key, value in node["config"].items():
            if key.endswith("_initializer") and isinstance(value, dict):
                inner = value.get("config")
                if isinstance(inner, dict) and "dtype" in inner:
                    found.append(key)
                    del inner["dtype"]
        return node

    changed = map_objects(config, change)
    return changed, "dtype of initializers left out: Keras 3 has none" if found else ""


def name_axis(config: Node) -> tuple[Node, str]:
    """Give an axis as a number where Keras 2 wrote a list of one."""
    found = []

    def change(node: Node) -> Node:
        axis = node["config"].get("axis")
        normalizes = node["class_name"] in ("BatchNormalization", "LayerNormalization")
        if normalizes and isinstance(axis, list) and len(axis) == 1:
            node["config"]["axis"] = axis[0]
            found.append(axis)
        return node

    return map_objects(config, change), "axis is a number, not a list of one" if found else ""


def keep_hard_sigmoid(config: Node) -> tuple[Node, str]:
    """Keep the hard_sigmoid of Keras 2, max(0, min(1, 0.2 x + 0.5)); that of Keras 3 is another."""
    found = []

    def change(node: Node) -> Node:
        for key in ("activation", "recurrent_activation"):
            said = node["config"].get(key)
            if said == "hard_sigmoid" or (
                isinstance(said, dict) and said.get("config") == "hard_sigmoid"
            ):
                node["config"][key] = OLD_HARD_SIGMOID
                found.append(key)
        return node

    why = "hard_sigmoid is kept as max(0, min(1, 0.2x + 0.5)): that of Keras 3 is another function"
    return map_objects(config, change), why if found else ""


def translate_policies(config: Node) -> tuple[Node, str]:
    """Name mixed precision policies as Keras 3 does."""
    found = []

    def change(node: Node) -> Node:
        policy = node["config"].get("dtype")
        inner = policy.get("config") if isinstance(policy, dict) else None
        if isinstance(inner, dict) and policy["class_name"] in ("Policy", "PolicyV1"):
            name = str(inner.get("name"))
            name = "float32" if name.startswith("_") else name
            node["config"]["dtype"] = name
            found.append(name)
        return node

    changed = map_objects(config, change)
    names = ", ".join(sorted({plain(each) for each in found}))
    return changed, f"the dtype policy {names} is written as its name alone" if found else ""


REPAIRS: tuple[Callable[[Node], tuple[Node, str]], ...] = (
    name_modules,
    rename_layers,
    count_calls,
    drop_arguments,
    drop_initializer_dtypes,
    name_axis,
    translate_policies,
    give_input_layer,
    keep_hard_sigmoid,
    pass_states,
    replace_calls,
)


def repair_config(config: Node) -> tuple[Node, list[Repair]]:
    """Return the configuration that Keras 3 takes, and what was changed.

    Raises CannotRepair where Keras 3 has nothing that computes the same.
    """
    done = []
    for repair in REPAIRS:
        config, why = repair(config)
        if why:
            done.append(Repair(repair.__name__.replace("_", "-"), why))
    return config, done
