"""Layers of Keras 2 that call TensorFlow by a name in the file: may that name be called?"""

import json
import re
from collections.abc import Iterator
from typing import Any

from harness.formats.facts import Unreadable, plain
from harness.formats.known import is_symbol, read_list
from harness.formats.wire import iterate_fields

CALLERS = {
    "TFOpLambda",
    "SlicingOpLambda",
    "ClassMethod",
    "InstanceMethod",
    "InstanceProperty",
    "TensorFlowOpLayer",
}
TENSOR_CLASSES = {"RaggedTensor", "SparseTensor", "sparse.SparseTensor"}
CLASS_METHODS = re.compile(r"from_(\w+)")
# What a ragged or sparse tensor has that only computes.
MEMBERS = {
    "bounding_shape",
    "dense_shape",
    "dtype",
    "flat_values",
    "get_shape",
    "indices",
    "is_sparse",
    "merge_dims",
    "nested_row_lengths",
    "nested_row_splits",
    "nested_value_rowids",
    "nrows",
    "nvals",
    "ragged_rank",
    "rank",
    "row_lengths",
    "row_limits",
    "row_splits",
    "row_starts",
    "set_shape",
    "shape",
    "to_sparse",
    "to_tensor",
    "uniform_row_length",
    "value_rowids",
    "values",
    "with_flat_values",
    "with_row_splits_dtype",
    "with_values",
}
CALLS_FUNCTIONS = re.compile(r"(Stateful)?PartitionedCall|(Stateless)?(If|While|Case)|For|MapDefun")


def describe_unknown_call(layer: str, config: dict[str, Any]) -> str:
    """Return what the layer calls that is not known to only compute; "" if there is nothing."""
    if layer in ("TFOpLambda", "SlicingOpLambda"):
        name = config.get("function")
        fits = isinstance(name, str) and is_symbol(name)
        return "" if fits else f"calls {spell_name(name)}, which is not known to only compute"
    if layer == "ClassMethod":
        symbol, method = config.get("cls_symbol"), config.get("method_name")
        fits = isinstance(symbol, str) and symbol in TENSOR_CLASSES
        fits = fits and CLASS_METHODS.fullmatch(str(method)) is not None
        return "" if fits else f"calls {spell_name(symbol)}.{spell_name(method)}"
    if layer in ("InstanceMethod", "InstanceProperty"):
        for key in {"method_name", "attr_name"} & config.keys() or {"method_name"}:
            if not isinstance(config.get(key), str) or config[key] not in MEMBERS:
                return f"takes {spell_name(config.get(key))} of a tensor"
        return ""
    unknown = [op for op in find_ops(config.get("node_def")) if not is_plain_op(op)]
    return (
        f"runs the op {spell_name(unknown[0])}, which is not known to only compute"
        if unknown
        else ""
    )


def is_plain_op(name: object) -> bool:
    """Return whether a single op computes, and calls no function of a graph."""
    known = isinstance(name, str) and name in read_list("ops")
    return known and CALLS_FUNCTIONS.fullmatch(str(name)) is None


def find_ops(node: object) -> Iterator[object]:
    """Yield the op of a node that is written as an object, as JSON, or as bytes in a text.

    A node that cannot be read yields what was found instead, which is no op.
    """
    if isinstance(node, str):
        try:
            yield from find_ops(json.loads(node))
            return
        except (ValueError, RecursionError):
            pass
        try:
            data = memoryview(node.encode("utf-8", "surrogatepass"))
            ops = [value for number, value in iterate_fields(data) if number == 2]
        except Unreadable:
            ops = []
        if not ops:
            yield "in node_def"
        for op in ops:
            yield bytes(op).decode("utf-8", "replace") if isinstance(op, memoryview) else op
    elif isinstance(node, dict):
        yield node.get("op", "without a name")
    else:
        yield "in node_def"


def spell_name(name: object) -> str:
    """Return a name from the file as a message shows it."""
    return plain(name, 60) if isinstance(name, str) else "something without a name"
