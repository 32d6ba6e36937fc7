"""Repairs of how a model is put together: modules, names of layers, where the inputs are named."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.formats.known import read_classes
from harness.rescue.nodes import Node, map_objects, walk_objects

MODELS = ("Functional", "Model", "Sequential")
# The older classes with V1 or V2 in their names, and what Keras 3 calls them.
RENAMED = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
    "DenseFeaturesV2": "DenseFeatures",
}


def name_modules(config: Node) -> tuple[Node, str]:
    """Name layers by the module where Keras 3 looks for them."""
    known, found = read_classes()["keras.layers"], []

    def change(node: Node) -> Node:
        name, module = node["class_name"], node.get("module")
        if name in RENAMED:
            found.append(name)
            name = node["class_name"] = RENAMED[name]
        if name in MODELS or name in known:
            node.pop("build_config", None)  # the shapes come from the InputLayers
        if name in MODELS:
            today = "keras" if name == "Sequential" else "keras.src.models.functional"
            if module and module != today:
                found.append(module)
            return node | {
                "module": today,
                "class_name": "Functional" if name == "Model" else name,
                "registered_name": None,
            }
        ours = not module or module.startswith(("keras.", "tf_keras.", "tensorflow."))
        ours = ours and ".ops." not in str(module)
        if name in known and ours and (module or "name" in node["config"]):
            if module != "keras.layers":
                found.append(module or name)
            return node | {"module": "keras.layers", "registered_name": None}
        return node

    changed = map_objects(config, change)
    return changed, "layers are named with the modules that Keras 3 has" if found else ""


def give_input_layer(config: Node) -> tuple[Node, str]:
    """Let models begin with an InputLayer that names its batch_shape.

    Keras 3 takes the batch_input_shape of a first layer for a shape without the batch: a model of
    Dense layers then comes back with one dimension more, in silence.
    """
    found = []

    def change(node: Node) -> Node:
        inner = node["config"]
        shape = inner.pop("batch_input_shape", None)
        inner.pop("input_shape", None) if shape else None
        if node["class_name"] == "InputLayer":
            if shape is not None:
                inner["batch_shape"] = shape
            return node
        if node["class_name"] != "Sequential":
            return node if shape is None else node | {"shape_of_input": shape}
        layers = [each for each in inner.get("layers", []) if isinstance(each, dict)]
        shapes = [each.pop("shape_of_input", None) for each in layers]
        if not layers or layers[0].get("class_name") == "InputLayer":
            return node
        built = inner.get("build_input_shape")
        shape = shapes[0] or (built if isinstance(built, list) else None)
        if shape:
            found.append(shape)
            dtype = "int32" if layers[0]["class_name"] == "Embedding" else None
            inner["layers"] = [make_input_layer(shape, dtype), *layers]
        return node

    changed = map_objects(config, change)
    for node in walk_objects(changed):
        node.pop("shape_of_input", None)
    why = "the shape of the input stands in an InputLayer: Keras 3 misreads batch_input_shape"
    return changed, why if found else ""


def make_input_layer(shape: list[int | None], dtype: str | None) -> Node:
    """Return the configuration of an InputLayer; the shape has the batch first."""
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": dtype or "float32", "name": "input_of_rescue"},
        "registered_name": None,
    }


def rename_layers(config: Node) -> tuple[Node, str]:
    """Replace the slash in names of layers, which Keras 3 refuses."""
    old = {
        str(node["name"])
        for node in walk_objects(config)
        if "inbound_nodes" in node or node.get("class_name") in MODELS
        if isinstance(node.get("name"), str)
    }
    old |= {
        str(node["config"]["name"])
        for node in walk_objects(config)
        if "class_name" in node and isinstance(node.get("config"), dict)
        if isinstance(node["config"].get("name"), str)
    }
    renamed = {each: each.replace("/", "_") for each in old if "/" in each}
    if not renamed:
        return config, ""

    def change(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: change(each, name) for name, each in value.items()}
        if isinstance(value, list):
            kept = [change(each) for each in value]
            return [renamed.get(value[0], value[0]), *kept[1:]] if is_reference(value) else kept
        return renamed.get(value, value) if key == "name" and isinstance(value, str) else value

    return change(config), "names of layers have _ for /, which Keras 3 refuses"


def count_calls(config: Node) -> tuple[Node, str]:
    """Count the calls of nested models from zero: Keras 2 counts how each was built as the first.

    Keras 3 otherwise finds "disconnected nodes".
    """
    found: list[str] = []

    def change(node: Node) -> Node:
        inner = node["config"]
        layers = inner.get("layers")
        if "output_layers" not in inner or not isinstance(layers, list):
            return node
        calls = {each["name"]: len(each["inbound_nodes"]) for each in layers if "name" in each}
        used: dict[str, set[int]] = {name: set() for name in calls}
        places = [[each.get("inbound_nodes") for each in layers], inner["output_layers"]]
        for name, index in find_references(places, calls):
            used[name].add(index)
        shifts = {
            name: max(indices) + 1 - calls[name]
            for name, indices in used.items()
            if indices and calls[name] and max(indices) >= calls[name]
        }
        shifts = {name: by for name, by in shifts.items() if min(used[name]) >= by}
        if shifts:
            found.extend(shifts)
            inner["output_layers"] = shift_references(inner["output_layers"], shifts)
            for each in layers:
                each["inbound_nodes"] = shift_references(each["inbound_nodes"], shifts)
        return node

    changed = map_objects(config, change)
    return changed, "calls of nested models are counted from zero" if found else ""


def is_reference(value: Any) -> bool:
    """Return whether a value is [layer, call, output, ...]."""
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and all(isinstance(each, int) for each in value[1:3])
    )


def find_references(value: Any, names: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield (layer, call) for every reference in a JSON value to a layer of these names."""
    if is_reference(value) and value[0] in names:
        yield value[0], value[1]
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from find_references(each, names)


def shift_references(value: Any, shifts: Mapping[str, int]) -> Any:
    """Return a JSON value in which references to these layers are moved down."""
    if isinstance(value, dict):
        return {key: shift_references(each, shifts) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    moved = [shift_references(each, shifts) for each in value]
    if is_reference(value) and value[0] in shifts:
        moved[1] -= shifts[value[0]]
    return moved
