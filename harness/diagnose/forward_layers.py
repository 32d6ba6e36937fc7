"""Layers of Keras in numpy, in inference mode; what is not here cannot be computed.

Formulas: keras/src/layers; padding "same": tensorflow/core/framework/common_shape_fns.cc. Images
are channels last.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.diagnose.activations import ACTIVATIONS
from harness.diagnose.network import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array


class CannotCompute(ValueError):
    """A layer is not known here; the message is one sentence."""


def activate(layer: Layer, values: Array) -> Array:
    """Return the values after the layer's activation."""
    name = layer.activation
    if name not in ACTIVATIONS:
        raise CannotCompute(f"the activation {plain(name, 40)} of {plain(layer.name, 40)}")
    return ACTIVATIONS[name](values)


def take(layer: Layer, name: str) -> Array:
    """Return a weight of a layer; raises CannotCompute where the file has none, or has steps."""
    if name not in layer.weights:
        raise CannotCompute(f"{name} of {plain(layer.name, 40)} is not in the file")
    values = np.asarray(layer.weights[name])
    if values.dtype in (np.int8, np.uint8):
        raise CannotCompute(f"{name} of {plain(layer.name, 40)} is quantised")
    return values.astype(np.float64)


def add_bias(layer: Layer, values: Array) -> Array:
    """Return the values with the layer's bias added, where it has one."""
    return values + take(layer, "bias") if layer.config.get("use_bias", True) else values


def dense(layer: Layer, values: Array) -> Array:
    return activate(layer, add_bias(layer, values @ take(layer, "kernel")))


def convolve(layer: Layer, values: Array) -> Array:
    kernel, config = take(layer, "kernel"), layer.config
    plain_kind = all(each == 1 for each in as_list(config.get("dilation_rate", 1)))
    if not plain_kind or config.get("groups", 1) != 1 or not is_channels_last(config):
        raise CannotCompute(f"the dilation, groups or data format of {plain(layer.name, 40)}")
    sizes, spatial = kernel.shape[:-2], values.ndim - 2
    strides = as_list(config.get("strides", 1), spatial)
    windows = slide(values, sizes, strides, str(config.get("padding", "valid")), 0.0)
    axes = [*range(-len(sizes), 0), -len(sizes) - 1]  # of a window: its places, then channels
    result = np.tensordot(windows, kernel, axes=(axes, [*range(len(sizes)), kernel.ndim - 2]))
    return activate(layer, add_bias(layer, result))


def pool(layer: Layer, values: Array) -> Array:
    config, spatial = layer.config, values.ndim - 2
    if not is_channels_last(config):
        raise CannotCompute(f"the data format of {plain(layer.name, 40)}")
    sizes = as_list(config.get("pool_size", 2), spatial)
    strides = as_list(config.get("strides") or sizes, spatial)
    largest = layer.class_name.startswith("Max")
    padding = str(config.get("padding", "valid"))
    if padding != "valid" and not largest:
        raise CannotCompute(f"the padding of {plain(layer.name, 40)}")
    windows = slide(values, sizes, strides, padding, -np.inf)
    axes = tuple(range(-spatial, 0))
    pooled: Array = windows.max(axis=axes) if largest else windows.mean(axis=axes)
    return pooled


def slide(values: Array, sizes: Any, strides: Any, padding: str, fill: float) -> Array:
    """Return windows, shape (rows, *places, channels, *sizes)."""
    if padding == "same":
        pads = [(0, 0)]
        for length, size, stride in zip(values.shape[1:-1], sizes, strides, strict=True):
            total = max((-(-length // stride) - 1) * stride + size - length, 0)
            pads.append((total // 2, total - total // 2))
        values = np.pad(values, [*pads, (0, 0)], constant_values=fill)
    elif padding != "valid":
        raise CannotCompute(f"the padding {plain(padding, 20)}")
    axes = tuple(range(1, values.ndim - 1))
    windows = np.lib.stride_tricks.sliding_window_view(values, tuple(sizes), axes)
    steps = tuple(slice(None, None, stride) for stride in strides)
    result: Array = windows[(slice(None), *steps)]
    return result


def as_list(value: Any, length: int = 1) -> list[int]:
    """Return a size that a configuration gives as a number or as a list."""
    listed = value if isinstance(value, list | tuple) else [value] * length
    if not all(isinstance(each, int) and 0 < each < 1 << 16 for each in listed):
        raise CannotCompute("a size that is no number")
    return list(listed)


def is_channels_last(config: dict[str, Any]) -> bool:
    """Return whether the channels of images stand last."""
    return config.get("data_format") in (None, "channels_last")


def pool_all(layer: Layer, values: Array) -> Array:
    axes = tuple(range(1, values.ndim - 1))
    kept = bool(layer.config.get("keepdims"))
    if "Max" in layer.class_name:
        return np.asarray(values.max(axis=axes, keepdims=kept))
    return np.asarray(values.mean(axis=axes, keepdims=kept))


def batch_normalize(layer: Layer, values: Array, training: bool = False) -> Array:
    axis = layer.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, values.ndim - 1):
        raise CannotCompute(f"the axis of {plain(layer.name, 40)}")
    mean, variance = take(layer, "moving_mean"), take(layer, "moving_variance")
    if training:
        others = tuple(range(values.ndim - 1))
        mean, variance = values.mean(axis=others), values.var(axis=others)
    return scale_and_shift(layer, (values - mean) / np.sqrt(variance + epsilon_of(layer)))


def layer_normalize(layer: Layer, values: Array) -> Array:
    if layer.config.get("axis", -1) not in (-1, [-1], values.ndim - 1, [values.ndim - 1]):
        raise CannotCompute(f"the axis of {plain(layer.name, 40)}")
    centered = values - values.mean(axis=-1, keepdims=True)
    variance = values.var(axis=-1, keepdims=True)
    return scale_and_shift(layer, centered / np.sqrt(variance + epsilon_of(layer)))


def epsilon_of(layer: Layer) -> float:
    """Return the number that keeps a deviation from zero."""
    return float(layer.config.get("epsilon", 1e-3))


def scale_and_shift(layer: Layer, values: Array) -> Array:
    """Return the values times gamma, plus beta, where the layer has them."""
    if layer.config.get("scale", True):
        values = values * take(layer, "gamma")
    if layer.config.get("center", True):
        values = values + take(layer, "beta")
    return values


def normalize(layer: Layer, values: Array) -> Array:
    config = layer.config
    if config.get("invert"):
        raise CannotCompute(f"the inversion of {plain(layer.name, 40)}")
    if config.get("mean") is not None:
        mean, variance = np.asarray(config["mean"], float), np.asarray(config["variance"], float)
    else:
        mean, variance = take(layer, "mean"), take(layer, "variance")
    result: Array = (values - mean) / np.maximum(np.sqrt(variance), 1e-7)
    return result


def rescale(layer: Layer, values: Array) -> Array:
    scale, offset = layer.config.get("scale", 1.0), layer.config.get("offset", 0.0)
    return np.asarray(values * np.asarray(scale, float) + np.asarray(offset, float))


def embed(layer: Layer, values: Array) -> Array:
    table = take(layer, "embeddings")
    if layer.config.get("mask_zero"):
        raise CannotCompute(f"the mask of {plain(layer.name, 40)}")
    places = values.astype(np.int64)
    if places.size and (places.min() < 0 or places.max() >= len(table)):
        raise CannotCompute(f"an input beyond the table of {plain(layer.name, 40)}")
    return np.asarray(table[places])


def reshape(layer: Layer, values: Array) -> Array:
    shape = layer.config.get("target_shape", [])
    return values.reshape(len(values), *shape)


def leak(layer: Layer, values: Array) -> Array:
    slope = layer.config.get("negative_slope", layer.config.get("alpha", 0.3))
    return np.where(values > 0, values, float(np.asarray(slope, float)) * values)


def rectify(layer: Layer, values: Array) -> Array:
    config = layer.config
    if config.get("negative_slope") or config.get("threshold"):
        raise CannotCompute(f"the slope or threshold of {plain(layer.name, 40)}")
    highest = config.get("max_value")
    return np.clip(values, 0, np.inf if highest is None else float(highest))


def flatten(layer: Layer, values: Array) -> Array:  # noqa: ARG001
    return values.reshape(len(values), -1)


def keep(layer: Layer, values: Array) -> Array:  # noqa: ARG001
    return values


def apply_softmax(layer: Layer, values: Array) -> Array:
    if layer.config.get("axis", -1) not in (-1, values.ndim - 1):
        raise CannotCompute(f"the axis of {plain(layer.name, 40)}")
    return ACTIVATIONS["softmax"](values)


ONE_INPUT: dict[str, Callable[[Layer, Array], Array]] = {
    "InputLayer": keep,
    "Dropout": keep,
    "SpatialDropout1D": keep,
    "SpatialDropout2D": keep,
    "AlphaDropout": keep,
    "GaussianNoise": keep,
    "GaussianDropout": keep,
    "ActivityRegularization": keep,
    "Dense": dense,
    "Conv1D": convolve,
    "Conv2D": convolve,
    "MaxPooling1D": pool,
    "MaxPooling2D": pool,
    "AveragePooling1D": pool,
    "AveragePooling2D": pool,
    "GlobalAveragePooling1D": pool_all,
    "GlobalAveragePooling2D": pool_all,
    "GlobalMaxPooling1D": pool_all,
    "GlobalMaxPooling2D": pool_all,
    "BatchNormalization": batch_normalize,
    "LayerNormalization": layer_normalize,
    "Normalization": normalize,
    "Rescaling": rescale,
    "Embedding": embed,
    "Flatten": flatten,
    "Reshape": reshape,
    "Activation": activate,
    "ReLU": rectify,
    "LeakyReLU": leak,
    "Softmax": apply_softmax,
}
MERGES: dict[str, Callable[[list[Array]], Array]] = {
    "Add": sum,  # type: ignore[dict-item]
    "Subtract": lambda given: given[0] - given[1],
    "Multiply": lambda given: np.asarray(np.prod(given, axis=0)),
    "Average": lambda given: np.asarray(np.mean(given, axis=0)),
    "Maximum": lambda given: np.asarray(np.max(given, axis=0)),
    "Minimum": lambda given: np.asarray(np.min(given, axis=0)),
}
