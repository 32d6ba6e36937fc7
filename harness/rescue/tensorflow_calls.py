"""Calls of TensorFlow in a functional model (TFOpLambda and others) as operations of Keras 3.

Keras 2 writes `tf.nn.relu(x)` on a symbolic tensor as a layer that names the function. Keras 3 has
no such layer; its own operations compute the same. What is on no list here is refused by name.
"""

from collections.abc import Callable
from typing import Any

from harness.formats.facts import plain
from harness.rescue.graph_calls import spell_call
from harness.rescue.nodes import CannotRepair, Node

NUMPY, NN, CORE, MATH = (f"keras.src.ops.{each}" for each in ("numpy", "nn", "core", "math"))


TWO = {  # of two tensors, or a tensor and a number
    "Add": ("add", "math.add", "__operators__.add"),
    "Subtract": ("subtract", "math.subtract", "__operators__.sub"),
    "Multiply": ("multiply", "math.multiply", "__operators__.mul"),
    "TrueDivide": ("divide", "math.divide", "math.truediv", "truediv", "__operators__.truediv"),
    "Power": ("pow", "math.pow"),
    "FloorDivide": ("math.floordiv",),
    "Mod": ("math.floormod",),
    "Maximum": ("maximum", "math.maximum"),
    "Minimum": ("minimum", "math.minimum"),
    "Greater": ("math.greater",),
    "GreaterEqual": ("math.greater_equal",),
    "Less": ("math.less",),
    "LessEqual": ("math.less_equal",),
    "Equal": ("math.equal",),
    "NotEqual": ("math.not_equal",),
    "LogicalAnd": ("math.logical_and",),
    "LogicalOr": ("math.logical_or",),
}
ONE = {  # of one tensor, without arguments
    (NUMPY, "Absolute"): ("abs", "math.abs"),
    (NUMPY, "Ceil"): ("math.ceil",),
    (NUMPY, "Copy"): ("identity",),
    (NUMPY, "Cos"): ("cos", "math.cos"),
    (NUMPY, "Exp"): ("exp", "math.exp"),
    (NUMPY, "Expm1"): ("math.expm1",),
    (NUMPY, "Floor"): ("floor", "math.floor"),
    (NUMPY, "Log"): ("math.log",),
    (NUMPY, "Log1p"): ("math.log1p",),
    (NUMPY, "LogicalNot"): ("math.logical_not",),
    (NUMPY, "Negative"): ("negative", "math.negative", "__operators__.neg"),
    (NUMPY, "OnesLike"): ("ones_like",),
    (NUMPY, "Reciprocal"): ("math.reciprocal",),
    (NUMPY, "Round"): ("round", "math.round"),
    (NUMPY, "Sign"): ("sign", "math.sign"),
    (NUMPY, "Sin"): ("sin", "math.sin"),
    (NUMPY, "Sqrt"): ("sqrt", "math.sqrt"),
    (NUMPY, "Square"): ("square", "math.square"),
    (NUMPY, "Tanh"): ("tanh", "math.tanh", "nn.tanh"),
    (NUMPY, "ZerosLike"): ("zeros_like",),
    (MATH, "Erf"): ("math.erf",),
    (MATH, "Rsqrt"): ("math.rsqrt",),
    (NN, "Elu"): ("nn.elu",),
    (NN, "Relu"): ("nn.relu",),
    (NN, "Relu6"): ("nn.relu6",),
    (NN, "Selu"): ("nn.selu",),
    (NN, "Sigmoid"): ("sigmoid", "nn.sigmoid", "math.sigmoid"),
    (NN, "Silu"): ("nn.silu", "nn.swish"),
    (NN, "Softplus"): ("nn.softplus", "math.softplus"),
    (NN, "Softsign"): ("nn.softsign",),
}
TWO_BY_NAME = {name: (NUMPY, kind) for kind, names in TWO.items() for name in names}
ONE_BY_NAME = {name: kind for kind, names in ONE.items() for name in names}
REDUCING = {"sum": "Sum", "mean": "Mean", "max": "Max", "min": "Min", "prod": "Prod"}


def replace_calls(config: Node) -> tuple[Node, str]:
    """Return a model's configuration with Keras operations in place of TensorFlow's functions.

    Also brings layer calls that take a tensor by keyword into the form that Keras 3 reads. Raises
    CannotRepair for a function that has no operation here.
    """
    found: list[str] = []
    changed = replace_in(config, found)
    names = ", ".join(sorted(set(found)))
    return changed, f"{names} became operations of Keras 3" if found else ""


def replace_in(value: Any, found: list[str]) -> Any:
    """Return a copy of a JSON value with the calls of every functional model in it replaced."""
    if isinstance(value, list):
        return [replace_in(each, found) for each in value]
    if not isinstance(value, dict):
        return value
    copied = {key: replace_in(each, found) for key, each in value.items()}
    layers = copied.get("layers")
    if isinstance(layers, list) and "output_layers" in copied:
        names = {each.get("name") for each in layers if isinstance(each, dict)}
        copied["layers"] = [replace_layer(each, names, found) for each in layers]
    return copied


def replace_layer(layer: Node, names: set[Any], found: list[str]) -> Node:
    """Return the configuration of one layer of a functional model, as Keras 3 reads it."""
    kind, calls = layer.get("class_name"), layer.get("inbound_nodes", [])
    if kind == "TensorFlowOpLayer":
        function, call = spell_call(layer)
        calls = [call]
    elif kind in ("TFOpLambda", "SlicingOpLambda"):
        function = str(layer["config"].get("function")).removeprefix("tf.")
    else:
        return layer | {"inbound_nodes": [keep_node(node, names) for node in calls]}
    operations = [translate(function, *read_call(node)) for node in calls]
    found.append(f"tf.{plain(function)}")
    first = operations[0]
    if any(each[:2] != first[:2] for each in operations):
        raise CannotRepair(f"tf.{plain(function)} is called in two ways by one layer")
    module, class_name = first[0]
    return {
        "module": module,
        "class_name": class_name,
        "config": first[1] | {"name": layer["name"]},
        "registered_name": None,
        "name": layer["name"],
        "inbound_nodes": [
            {"args": [spell_argument(each, names) for each in arguments], "kwargs": {}}
            for _, _, arguments in operations
        ],
    }


Call = tuple[Any, dict[str, Any]]  # the first argument, a tensor or a list of tensors; the others
Operation = tuple[tuple[str, str], dict[str, Any], list[Any]]  # class, config, tensors


def read_call(node: list[Any]) -> Call:
    """Return the arguments of a call: a tensor is [layer, node, output]."""
    if node and isinstance(node[0], list):
        return [each[:3] for each in node], dict(node[0][3] if len(node[0]) > 3 else {})
    if node[0] == "_CONSTANT_VALUE":
        return node[2], dict(node[3])
    return node[:3], dict(node[3] if len(node) > 3 else {})


def keep_node(node: Any, names: set[Any]) -> Any:
    """Return a call of a layer; one that takes tensors by keyword in the form of Keras 3."""
    if not isinstance(node, list) or not node:
        return node
    first, rest = read_call(node)
    if not any(is_tensor(each, names) for each in rest.values()):
        return node
    single = first[0] if isinstance(first[0], list) and len(first) == 1 else first
    given = {key: spell_argument(each, names) for key, each in rest.items()}
    return {"args": [spell_argument(single, names)], "kwargs": given}


def is_tensor(value: Any, names: set[Any]) -> bool:
    """Return whether a value names the output of a layer: [layer, node, output]."""
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and value[0] in names
        and all(isinstance(each, int) for each in value[1:])
    )


def spell_argument(value: Any, names: set[Any]) -> Any:
    """Return an argument as Keras 3 writes it; the shape of a tensor is known from its layer."""
    if is_tensor(value, names):
        history = {"shape": [], "dtype": "float32", "keras_history": value}
        return {"class_name": "__keras_tensor__", "config": history}
    return [spell_argument(each, names) for each in value] if isinstance(value, list) else value


def translate(function: str, first: Any, rest: dict[str, Any]) -> Operation:
    """Return the operation of Keras for a call; raises CannotRepair where there is none."""
    rest = {key: each for key, each in rest.items() if key != "name" and each is not None}
    take = rest.pop
    last = function.rpartition(".")[2]
    operation: Operation | None = None
    if function in TWO_BY_NAME and "y" in rest:
        operation = TWO_BY_NAME[function], {}, [first, take("y")]
    elif function in ONE_BY_NAME:
        operation = ONE_BY_NAME[function], {}, [first]
    elif last.startswith("reduce_") and last[7:] in REDUCING:
        options = {"axis": take("axis", None), "keepdims": bool(take("keepdims", False))}
        operation = (NUMPY, REDUCING[last[7:]]), options, [first]
    elif function in OTHERS:
        operation = OTHERS[function](first, take)
    if operation is None or rest:
        more = f" with {', '.join(map(plain, rest))}" if operation else ""
        raise CannotRepair(
            f"it calls tf.{plain(function)}{more}, for which no operation of Keras is known here"
        )
    return operation


Take = Callable[..., Any]  # dict.pop of the arguments
OTHERS: dict[str, Callable[[Any, Take], Operation]] = {
    "concat": lambda first, take: ((NUMPY, "Concatenate"), {"axis": take("axis")}, [first]),
    "stack": lambda first, take: ((NUMPY, "Stack"), {"axis": take("axis", 0)}, [first]),
    "reshape": lambda first, take: ((NUMPY, "Reshape"), {"newshape": take("shape")}, [first]),
    "expand_dims": lambda first, take: ((NUMPY, "ExpandDims"), {"axis": take("axis")}, [first]),
    "squeeze": lambda first, take: ((NUMPY, "Squeeze"), {"axis": take("axis", None)}, [first]),
    "transpose": lambda first, take: ((NUMPY, "Transpose"), {"axes": take("perm", None)}, [first]),
    "cast": lambda first, take: ((CORE, "Cast"), {"dtype": take("dtype")}, [first]),
    "clip_by_value": lambda first, take: (
        (NUMPY, "Clip"),
        {"x_min": take("clip_value_min"), "x_max": take("clip_value_max")},
        [first],
    ),
    "nn.softmax": lambda first, take: ((NN, "Softmax"), {"axis": take("axis", -1)}, [first]),
    "nn.leaky_relu": lambda first, take: (
        (NN, "LeakyRelu"),
        {"negative_slope": take("alpha", 0.2)},
        [first],
    ),
    "nn.gelu": lambda first, take: (
        (NN, "Gelu"),
        {"approximate": bool(take("approximate", False))},
        [first],
    ),
    "math.argmax": lambda first, take: ((NUMPY, "Argmax"), {"axis": take("axis", 0)}, [first]),
    "linalg.matmul": lambda first, take: ((NUMPY, "Matmul"), {}, [first, take("b")]),
    "matmul": lambda first, take: ((NUMPY, "Matmul"), {}, [first, take("b")]),
    "tile": lambda first, take: ((NUMPY, "Tile"), {"repeats": take("multiples")}, [first]),
    "math.l2_normalize": lambda first, take: (
        (NN, "Normalize"),
        {"axis": take("axis", -1), "order": 2, "epsilon": take("epsilon", 1e-12) ** 0.5},
        [first],
    ),
    "__operators__.getitem": lambda first, take: (
        (NUMPY, "GetItem"),
        {},
        [first, read_slices(take("slice_spec"))],
    ),
}


def read_slices(given: Any) -> Any:
    """Return an index as Keras 3 writes it: a list of slices, numbers and the ellipsis."""
    items = given if isinstance(given, list) else [given]
    if isinstance(given, dict) and given.get("class_name") == "__tuple__":
        items = given["items"]
    return [read_slice(each) for each in items]


def read_slice(item: Any) -> Any:
    """Return one part of an index."""
    if isinstance(item, dict) and "start" in item:
        bounds = {key: item.get(key) for key in ("start", "stop", "step")}
        if any(isinstance(each, list) for each in bounds.values()):
            raise CannotRepair("it slices a tensor by the values of another")
        return {"class_name": "__slice__", "config": bounds}
    if isinstance(item, dict) and item.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(item, list):
        raise CannotRepair("it indexes a tensor by the values of another")
    return item
