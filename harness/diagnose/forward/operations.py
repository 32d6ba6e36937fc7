"""Operations that stand between layers: of Keras 3 (`x / 255`) and of Keras 2 (TFOpLambda).

Keras 3 writes a mask as operations too: NotEqual after an Embedding, Any after a Masking.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.diagnose.forward.activations import ACTIVATIONS
from harness.diagnose.forward.call import UNSURE, Call, CannotCompute, Value, as_axes
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": np.add,
    "Divide": np.true_divide,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "LogicalAnd": np.logical_and,
    "LogicalOr": np.logical_or,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Multiply": np.multiply,
    "NotEqual": np.not_equal,
    "Subtract": np.subtract,
    "TrueDivide": np.true_divide,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "ConvertToTensor": lambda values: values,
    "Absolute": np.abs,
    "Exp": np.exp,
    "Log": np.log,
    "LogicalNot": lambda values: values == 0,
    "Negative": np.negative,
    "Relu": ACTIVATIONS["relu"],
    "Relu6": ACTIVATIONS["relu6"],
    "Sigmoid": ACTIVATIONS["sigmoid"],
    "Sqrt": np.sqrt,
    "Square": np.square,
    "Tanh": np.tanh,
}
REDUCING: dict[str, Callable[..., Any]] = {
    "All": np.all,
    "Any": np.any,
    "Max": np.max,
    "Mean": np.mean,
    "Min": np.min,
    "Sum": np.sum,
}
KERAS_2 = {
    "__operators__.add": "Add",
    "math.add": "Add",
    "math.divide": "Divide",
    "math.truediv": "TrueDivide",
    "math.exp": "Exp",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.multiply": "Multiply",
    "math.reduce_max": "Max",
    "math.reduce_mean": "Mean",
    "math.reduce_min": "Min",
    "math.reduce_sum": "Sum",
    "math.sigmoid": "Sigmoid",
    "math.sqrt": "Sqrt",
    "math.square": "Square",
    "math.subtract": "Subtract",
    "math.tanh": "Tanh",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.sigmoid": "Sigmoid",
    "nn.tanh": "Tanh",
}
SLICING = ("GetItem", "SlicingOpLambda")  # x[:, -1]: Keras 3, Keras 2
LIKE = {"OnesLike": np.ones_like, "ZerosLike": np.zeros_like}
OPERATIONS = {*BINARY, *UNARY, *REDUCING, *SLICING, *LIKE, "Concatenate", "ExpandDims"}
KEYWORDS = {"x", "y", "x1", "x2", "axis", "keepdims", "name"}


def is_operation(call: Call) -> bool:
    """Return whether what is called is an operation and no layer."""
    module = call.layer.module or ""
    kind, config = call.layer.class_name, call.layer.config
    if kind in ("TFOpLambda", "SlicingOpLambda") or module.startswith(
        ("keras.src.ops", "keras.ops")
    ):
        return True
    return not module and kind in OPERATIONS and "trainable" not in config  # in an `.h5`


def operate(call: Call, arguments: list[Any]) -> list[Value]:
    """Return what an operation gives; `arguments`: Value objects and numbers, in order."""
    config, kind, older = call.layer.config, call.layer.class_name, False
    if kind in SLICING:
        return [get_item(call, arguments)]
    if kind == "TFOpLambda":
        kind, older = KERAS_2.get(str(config.get("function")), ""), True
    else:
        config = config | {"name": None}
    settings = call.keywords if older else {**config, **call.keywords}
    odd = {key for key, value in settings.items() if value is not None} - KEYWORDS
    if odd - {"function", "trainable", "dtype"}:
        raise CannotCompute(f"{plain(min(odd), 20)} of the operation {call.name}")
    named = [settings[key] for key in ("x", "x1", "y", "x2") if settings.get(key) is not None]
    if kind == "Concatenate" and len(arguments) == 1 and isinstance(arguments[0], list):
        arguments = arguments[0]
    given = [as_number(each, call.name) for each in [*arguments, *named]]
    if kind in BINARY and len(given) == 2:
        result = BINARY[kind](*given)
    elif kind in UNARY and len(given) == 1:
        result = UNARY[kind](*given)
    elif kind in REDUCING and len(given) == 1:
        result = reduce(REDUCING[kind], given[0], settings, call.name)
    elif kind in LIKE and len(given) == 1:
        result = LIKE[kind](given[0])
    elif kind == "Concatenate":
        result = np.concatenate(given, axis=read_axis(settings, given[0].ndim, call.name))
    elif kind == "ExpandDims" and len(given) == 1:
        result = np.expand_dims(given[0], read_axis(settings, given[0].ndim + 1, call.name))
    else:
        raise CannotCompute(f"the operation {call.name} ({plain(call.layer.class_name, 40)})")
    result = np.asarray(result, np.float64)
    tensors = [each for each in (*arguments, *named) if isinstance(each, Value)]
    if not tensors or result.ndim == 0 or len(result) != len(tensors[0].array):
        raise CannotCompute(f"the operation {call.name}: rows are mixed")
    masked = older and any(each.mask is not None for each in tensors)
    return [Value(result, UNSURE if masked else None)]


def as_number(given: Any, name: str) -> Any:
    """Return an argument as numpy takes it."""
    if isinstance(given, Value):
        return given.array
    if isinstance(given, int | float):
        return given
    raise CannotCompute(f"a constant of the operation {name}")


def get_item(call: Call, arguments: list[Any]) -> Value:
    """Return a part of an array, as in x[:, -1]; all rows are kept."""
    if len(arguments) == 2:
        given, spec = arguments
    else:
        given, spec = arguments[0], call.keywords.get("slice_spec")
    key = [read_key(each, call.name) for each in (spec if isinstance(spec, list) else [spec])]
    if not isinstance(given, Value) or key[0] != slice(None):
        raise CannotCompute(f"the operation {call.name}: rows are mixed")
    return Value(np.asarray(given.array[tuple(key)]), None if given.mask is None else UNSURE)


def read_key(part: Any, name: str) -> Any:
    """Return one place between the brackets: a number or a slice."""
    if isinstance(part, int) and not isinstance(part, bool):
        return part
    if isinstance(part, dict):
        inside = part.get("config", part)
        bounds = [inside.get(each, "") for each in ("start", "stop", "step")]
        if all(each is None or isinstance(each, int) for each in bounds):
            return slice(*bounds)
    raise CannotCompute(f"the operation {name}: what stands between the brackets")


def reduce(how: Callable[..., Any], values: Array, settings: dict[str, Any], name: str) -> Any:
    """Return values reduced along the axes; never along the rows."""
    axes = as_axes(settings.get("axis"), values.ndim)
    if 0 in axes:
        raise CannotCompute(f"the axis of the operation {name}")
    return how(values, axis=tuple(axes), keepdims=bool(settings.get("keepdims")))


def read_axis(settings: dict[str, Any], ndim: int, name: str) -> int:
    """Return the one axis of an operation, never that of the rows."""
    axes = as_axes(settings.get("axis"), ndim)
    if len(axes) != 1 or axes == [0]:
        raise CannotCompute(f"the axis of the operation {name}")
    return axes[0]
