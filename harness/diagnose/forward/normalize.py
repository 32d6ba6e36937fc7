"""Layers of Keras that normalize, in numpy. Formulas: keras/src/layers/normalization."""

import numpy as np

from harness.diagnose.forward.call import Call, CannotCompute, Value, as_axes, take, use_mask
from harness.diagnose.forward.masks import pass_mask
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

TINY = 1e-12  # of a square sum: below, releases differ


def batch_normalize(call: Call) -> list[Value]:
    """Return BatchNormalization: by its moving statistics, in training by those of the batch."""
    layer, values = call.layer, call.array
    axes = as_axes(layer.config.get("axis", -1), values.ndim)
    if len(axes) != 1:
        raise CannotCompute(f"the axis of {call.name}")
    if call.how.training:
        if use_mask(call.inputs[0], call.name) is not None:
            raise CannotCompute(f"the mask that reaches {call.name} in training")
        others = tuple(each for each in range(values.ndim) if each not in axes)
        mean, variance = values.mean(axis=others), values.var(axis=others)
    else:
        mean, variance = take(layer, "moving_mean"), take(layer, "moving_variance")
    mean, variance = spread(mean, axes, values), spread(variance, axes, values)
    result = scale_and_shift(layer, (values - mean) / np.sqrt(variance + epsilon_of(layer)), axes)
    return [Value(result, pass_mask(layer.class_name, call.inputs[0].mask))]


def layer_normalize(layer: Layer, values: Array) -> Array:
    axes = as_axes(layer.config.get("axis", -1), values.ndim)
    over = tuple(axes)
    centered = values - values.mean(axis=over, keepdims=True)
    variance = values.var(axis=over, keepdims=True)
    return scale_and_shift(layer, centered / np.sqrt(variance + epsilon_of(layer)), axes)


def group_normalize(layer: Layer, values: Array) -> Array:
    axis = as_axes(layer.config.get("axis", -1), values.ndim)
    groups, channels = layer.config.get("groups", 32), values.shape[-1]
    groups = channels if groups == -1 else groups
    last = axis == [values.ndim - 1] and values.ndim > 2
    if not last or not isinstance(groups, int) or groups < 1 or channels % groups:
        raise CannotCompute(f"the axis or the groups of {plain(layer.name, 40)}")
    parts = values.reshape(*values.shape[:-1], groups, channels // groups)
    over = (*range(1, values.ndim - 1), values.ndim)
    mean, variance = parts.mean(axis=over, keepdims=True), parts.var(axis=over, keepdims=True)
    result = (parts - mean) / np.sqrt(variance + epsilon_of(layer))
    return scale_and_shift(layer, result.reshape(values.shape), axis)


def unit_normalize(layer: Layer, values: Array) -> Array:
    axes = tuple(as_axes(layer.config.get("axis", -1), values.ndim))
    squares = (values**2).sum(axis=axes, keepdims=True)
    if ((squares > 0) & (squares < TINY)).any():
        raise CannotCompute(f"numbers so small in {plain(layer.name, 40)}")
    return np.asarray(values / np.sqrt(np.maximum(squares, TINY)))


def root_mean_square_normalize(layer: Layer, values: Array) -> Array:
    axes = as_axes(layer.config.get("axis", -1), values.ndim)
    if axes != [values.ndim - 1]:
        raise CannotCompute(f"the axis of {plain(layer.name, 40)}")
    squares = (values**2).mean(axis=-1, keepdims=True)
    deviation = np.sqrt(squares + float(layer.config.get("epsilon", 1e-6)))
    return np.asarray(values / deviation * take(layer, "scale"))


def epsilon_of(layer: Layer) -> float:
    """Return the number that keeps a deviation from zero."""
    return float(layer.config.get("epsilon", 1e-3))


def scale_and_shift(layer: Layer, values: Array, axes: list[int]) -> Array:
    """Return the values times gamma, plus beta, where the layer has them."""
    if layer.config.get("scale", True):
        values = values * spread(take(layer, "gamma"), axes, values)
    if layer.config.get("center", True):
        values = values + spread(take(layer, "beta"), axes, values)
    return values


def spread(weight: Array, axes: list[int], values: Array) -> Array:
    """Return a weight along `axes`, ready for numpy's broadcasting."""
    shape = [length if at in axes else 1 for at, length in enumerate(values.shape)]
    if weight.size != np.prod(shape):
        raise CannotCompute("the shape of a weight")
    return weight.reshape(shape)
