"""Operations of a graph in a functional model (TensorFlowOpLayer), as calls of TensorFlow.

TensorFlow 1.13 to 2.3 wrote `x * 2` on a symbolic tensor as a layer with the operation's node of
the graph. What that node says is brought into the words of the later TFOpLambda.
"""

import json
from typing import Any

from harness.formats.facts import plain
from harness.rescue.nodes import CannotRepair, Node

FUNCTIONS = {
    "Add": "math.add",
    "AddV2": "math.add",
    "Sub": "math.subtract",
    "Mul": "math.multiply",
    "RealDiv": "math.divide",
    "Pow": "math.pow",
    "Maximum": "math.maximum",
    "Minimum": "math.minimum",
    "Abs": "math.abs",
    "Exp": "math.exp",
    "Log": "math.log",
    "Neg": "math.negative",
    "Sqrt": "math.sqrt",
    "Rsqrt": "math.rsqrt",
    "Square": "math.square",
    "Tanh": "math.tanh",
    "Sigmoid": "math.sigmoid",
    "Relu": "nn.relu",
    "Relu6": "nn.relu6",
    "Elu": "nn.elu",
    "Selu": "nn.selu",
    "Softplus": "nn.softplus",
    "Softmax": "nn.softmax",
    "Identity": "identity",
    "Sum": "reduce_sum",
    "Mean": "reduce_mean",
    "Max": "reduce_max",
    "Min": "reduce_min",
    "ConcatV2": "concat",
    "Reshape": "reshape",
    "Transpose": "transpose",
    "ExpandDims": "expand_dims",
    "Squeeze": "squeeze",
    "Tile": "tile",
    "StridedSlice": "__operators__.getitem",
}
# The name that the second input has as an argument of the function.
SECOND = {
    "Reshape": "shape",
    "Transpose": "perm",
    "ExpandDims": "axis",
    "Tile": "multiples",
    "Sum": "axis",
    "Mean": "axis",
    "Max": "axis",
    "Min": "axis",
}


def spell_call(layer: Node) -> tuple[str, list[Any]]:
    """Return the function and the node of a TFOpLambda that computes what the layer computes.

    Raises CannotRepair for an operation that has no such function here.
    """
    inner = layer["config"]
    node = inner["node_def"]
    node = json.loads(node) if isinstance(node, str) else node
    name, attributes = node["op"], node.get("attr", {})
    if name not in FUNCTIONS or len(layer["inbound_nodes"]) != 1:
        raise CannotRepair(
            f"layer {plain(layer.get('name'))} computes {plain(name)}, for which no operation of"
            " Keras is known here"
        )
    tensors = [each[:3] for each in layer["inbound_nodes"][0]]
    constants = {int(key): value for key, value in (inner.get("constants") or {}).items()}
    count = len(tensors) + len(constants)
    waiting = iter(tensors)
    inputs = [constants[each] if each in constants else next(waiting) for each in range(count)]
    first, rest = inputs[0], {}
    if name == "ConcatV2":
        first, rest = inputs[:-1], {"axis": inputs[-1]}
    elif name == "StridedSlice":
        rest = {"slice_spec": read_strided_slice(inputs[1:], attributes)}
    elif name == "Squeeze":
        numbers = (attributes.get("squeeze_dims") or {}).get("list", {}).get("i", [])
        rest = {"axis": [int(each) for each in numbers] or None}
    elif len(inputs) == 2:
        rest = {SECOND.get(name, "y"): inputs[1]}
    if "keep_dims" in attributes:
        rest["keepdims"] = bool(attributes["keep_dims"].get("b"))
    if first in tensors:
        return FUNCTIONS[name], [*first, rest]
    if name == "ConcatV2":
        return FUNCTIONS[name], [[*each, rest] for each in first]
    return FUNCTIONS[name], ["_CONSTANT_VALUE", -1, first, rest]


def read_strided_slice(bounds: list[list[int]], attributes: Node) -> list[Any]:
    """Return the index that a StridedSlice stands for."""
    mask = {
        each: int(attributes.get(each, {}).get("i", 0))
        for each in ("begin_mask", "end_mask", "shrink_axis_mask")
    }
    for each in ("ellipsis_mask", "new_axis_mask"):
        if int(attributes.get(each, {}).get("i", 0)):
            raise CannotRepair("it slices a tensor with ... or adds an axis by slicing")
    found: list[Any] = []
    for place, (begin, end, step) in enumerate(zip(*bounds, strict=True)):
        bit = 1 << place
        if mask["shrink_axis_mask"] & bit:
            found.append(begin)
            continue
        start = None if mask["begin_mask"] & bit else begin
        stop = None if mask["end_mask"] & bit else end
        found.append({"start": start, "stop": stop, "step": step})
    return found
