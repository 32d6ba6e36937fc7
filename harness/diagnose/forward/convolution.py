"""Convolutions and poolings of Keras in numpy, in one to three dimensions.

Padding "same": tensorflow/core/framework/common_shape_fns.cc. A transposed convolution is the
gradient of a convolution: tensorflow/python/ops/nn_ops.py. An activation sees the layer's own order
of axes (keras/src/layers/convolutional/base_conv.py), so a softmax goes over the width where
channels stand first.
"""

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from harness.diagnose.forward.call import (
    CannotCompute,
    activate,
    add_bias,
    as_list,
    from_last,
    take,
    to_last,
)
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

Place = tuple[int, ...]
MOST_NUMBERS = 1 << 26  # of one array in between


def convolve(layer: Layer, values: Array) -> Array:
    """Return Conv1D to Conv3D, with dilation and groups."""
    config, values = layer.config, to_last(layer.config, values)
    kernel, groups = take(layer, "kernel"), as_list(layer.config.get("groups") or 1)[0]
    fits = kernel.ndim == values.ndim and kernel.shape[-2] * groups == values.shape[-1]
    if not fits or kernel.shape[-1] % groups:
        raise CannotCompute(f"the shape of the kernel of {plain(layer.name, 40)}")
    parts = [
        sum(seen @ own[place] for place, seen in look(config, each, kernel.shape[:-2]))
        for each, own in zip(
            np.split(values, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True
        )
    ]
    result = np.concatenate(parts, axis=-1)
    return activate(layer, from_last(config, add_bias(layer, result)))


def convolve_depthwise(layer: Layer, values: Array) -> Array:
    """Return DepthwiseConv1D or 2D."""
    name = "kernel" if "kernel" in layer.weights else "depthwise_kernel"
    result = apply_depthwise(layer, to_last(layer.config, values), take(layer, name))
    return activate(layer, from_last(layer.config, add_bias(layer, result)))


def convolve_separable(layer: Layer, values: Array) -> Array:
    """Return SeparableConv1D or 2D: each channel alone, then all together at each place."""
    deep = apply_depthwise(layer, to_last(layer.config, values), take(layer, "depthwise_kernel"))
    pointwise = take(layer, "pointwise_kernel")
    result = deep @ pointwise.reshape(pointwise.shape[-2:])
    return activate(layer, from_last(layer.config, add_bias(layer, result)))


def apply_depthwise(layer: Layer, values: Array, kernel: Array) -> Array:
    """Return each channel convolved with kernels of its own; `values` have channels last."""
    strides = as_list(layer.config.get("strides", 1), values.ndim - 2)
    if kernel.ndim != values.ndim or kernel.shape[-2] != values.shape[-1]:
        raise CannotCompute(f"the shape of the kernel of {plain(layer.name, 40)}")
    if len(set(strides)) > 1 or layer.config.get("padding") == "causal":
        raise CannotCompute(f"the strides or the padding of {plain(layer.name, 40)}")
    seen = look(layer.config, values, kernel.shape[:-2])
    result = np.asarray(sum(each[..., None] * kernel[place] for place, each in seen))
    return result.reshape(*result.shape[:-2], -1)


def look(
    config: dict[str, Any], values: Array, sizes: tuple[int, ...]
) -> Iterator[tuple[Place, Array]]:
    """Yield (place in the kernel, what it sees of `values` at every step) of a convolution."""
    spatial = values.ndim - 2
    strides = as_list(config.get("strides", 1), spatial)
    dilation = as_list(config.get("dilation_rate", 1), spatial)
    if max(strides) > 1 and max(dilation) > 1:
        raise CannotCompute("strides together with dilation")
    return slide(values, sizes, strides, str(config.get("padding", "valid")), 0.0, dilation)


def slide(
    values: Array,
    sizes: Sequence[int],
    strides: Sequence[int],
    padding: str,
    fill: float,
    dilation: Sequence[int] = (),
) -> Iterator[tuple[Place, Array]]:
    """Yield for each place in a window what the place sees, shape (rows, *steps, channels)."""
    dilation = dilation or [1] * len(sizes)
    wide = [(size - 1) * rate + 1 for size, rate in zip(sizes, dilation, strict=True)]
    if padding == "same":
        pads = [(0, 0)]
        for length, size, stride in zip(values.shape[1:-1], wide, strides, strict=True):
            total = max((-(-length // stride) - 1) * stride + size - length, 0)
            pads.append((total // 2, total - total // 2))
        values = np.pad(values, [*pads, (0, 0)], constant_values=fill)
    elif padding == "causal" and len(wide) == 1:
        values = np.pad(values, [(0, 0), (wide[0] - 1, 0), (0, 0)], constant_values=fill)
    elif padding != "valid":
        raise CannotCompute(f"the padding {plain(padding, 20)}")
    lengths = [length - size for length, size in zip(values.shape[1:-1], wide, strict=True)]
    if min(lengths) < 0:
        raise CannotCompute("a convolution or pooling wider than what it sees")
    for place in itertools.product(*map(range, sizes)):
        starts = [at * rate for at, rate in zip(place, dilation, strict=True)]
        there = tuple(
            slice(start, start + length + 1, stride)
            for start, length, stride in zip(starts, lengths, strides, strict=True)
        )
        yield place, values[(slice(None), *there)]


def convolve_transposed(layer: Layer, values: Array) -> Array:
    """Return Conv1DTranspose to Conv3DTranspose, without dilation and output_padding."""
    config, values = layer.config, to_last(layer.config, values)
    kernel, spatial = take(layer, "kernel"), values.ndim - 2
    strides = as_list(config.get("strides", 1), spatial)
    padding = str(config.get("padding", "valid"))
    if padding not in ("valid", "same") or set(
        as_list(config.get("dilation_rate", 1), spatial)
    ) != {1}:
        raise CannotCompute(f"the padding or the dilation of {plain(layer.name, 40)}")
    if kernel.ndim != spatial + 2 or kernel.shape[-1] != values.shape[-1]:
        raise CannotCompute(f"the shape of the kernel of {plain(layer.name, 40)}")
    sizes, lengths = kernel.shape[:spatial], values.shape[1:-1]
    extra = [max(size - stride, 0) for size, stride in zip(sizes, strides, strict=True)]
    before = [each // 2 if padding == "same" else 0 for each in extra]
    whole = [n * stride + each for n, stride, each in zip(lengths, strides, extra, strict=True)]
    ends = [
        size - (each if padding == "same" else 0) for size, each in zip(whole, extra, strict=True)
    ]
    if len(values) * math.prod(whole) * kernel.shape[-2] > MOST_NUMBERS:
        raise CannotCompute(f"the size of {plain(layer.name, 40)}")
    result = np.zeros((len(values), *whole, kernel.shape[-2]))
    for place in itertools.product(*map(range, sizes)):
        there = tuple(
            slice(at, at + (n - 1) * stride + 1, stride)
            for at, n, stride in zip(place, lengths, strides, strict=True)
        )
        result[(slice(None), *there)] += values @ kernel[place].T
    kept = tuple(slice(each, each + end) for each, end in zip(before, ends, strict=True))
    result = result[(slice(None), *kept)]
    return activate(layer, from_last(config, add_bias(layer, result)))


def pool(layer: Layer, values: Array) -> Array:
    """Return MaxPooling or AveragePooling; what is padded does not count."""
    config, values = layer.config, to_last(layer.config, values)
    spatial = values.ndim - 2
    sizes = as_list(config.get("pool_size", 2), spatial)
    strides = as_list(config.get("strides") or sizes, spatial)
    padding = str(config.get("padding", "valid"))
    if padding not in ("valid", "same"):
        raise CannotCompute(f"the padding of {plain(layer.name, 40)}")
    if layer.class_name.startswith("Max"):
        pooled: Array = functools.reduce(
            np.maximum, (seen for _, seen in slide(values, sizes, strides, padding, -np.inf))
        )
    else:
        total = sum(seen for _, seen in slide(values, sizes, strides, padding, 0.0))
        ones = np.ones((1, *values.shape[1:-1], 1))
        pooled = np.asarray(
            total / sum(seen for _, seen in slide(ones, sizes, strides, padding, 0.0))
        )
    return from_last(config, pooled)


def pool_all(layer: Layer, values: Array) -> Array:
    """Return GlobalMaxPooling or GlobalAveragePooling."""
    config, values = layer.config, to_last(layer.config, values)
    axes, kept = tuple(range(1, values.ndim - 1)), bool(config.get("keepdims"))
    pooled = np.max if "Max" in layer.class_name else np.mean
    result = np.asarray(pooled(values, axis=axes, keepdims=kept))
    return from_last(config, result) if kept else result
