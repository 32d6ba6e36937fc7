"""Layers of Keras in numpy, in inference mode, by class; what is not here cannot be computed.

Formulas: keras/src/layers.
"""

from collections.abc import Callable

import numpy as np

from harness.diagnose.forward import convolution, features, shapes
from harness.diagnose.forward import normalize as normalizing
from harness.diagnose.forward.activations import softmax
from harness.diagnose.forward.attention import attend, attend_with_heads
from harness.diagnose.forward.call import (
    UNSURE,
    Call,
    CannotCompute,
    Value,
    activate,
    add_bias,
    as_axes,
    take,
    to_last,
    use_mask,
)
from harness.diagnose.forward.masks import concatenate_masks, merge_masks
from harness.diagnose.forward.recurrent import recur, recur_both_ways
from harness.diagnose.forward.shapes import keep
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array


def dense(layer: Layer, values: Array) -> Array:
    if values.ndim < 2:
        raise CannotCompute(f"the input of {plain(layer.name, 40)}")
    return activate(layer, add_bias(layer, values @ take(layer, "kernel")))


def multiply_einsum(layer: Layer, values: Array) -> Array:
    """Return EinsumDense: the equation names the axes, the bias is stored as it is spread."""
    result = np.einsum(str(layer.config.get("equation")), values, take(layer, "kernel"))
    if layer.config.get("bias_axes"):
        result = result + take(layer, "bias")
    return activate(layer, result)


def embed(call: Call) -> list[Value]:
    table, values = take(call.layer, "embeddings"), call.array
    places = values.astype(np.int64)
    if places.size and (places.min() < 0 or places.max() >= len(table)):
        raise CannotCompute(f"an input beyond the table of {call.name}")
    masked = bool(call.layer.config.get("mask_zero"))
    return [Value(np.asarray(table[places]), values != 0 if masked else None)]


def hide(call: Call) -> list[Value]:
    """Return Masking: steps of which every number is the mask value, in float32, become 0."""
    values = call.array
    if values.ndim < 3:
        raise CannotCompute(f"the input of {call.name}")
    hidden = np.float32(call.layer.config.get("mask_value", 0.0))
    kept = (values.astype(np.float32) != hidden).any(axis=-1)
    return [Value(values * kept[..., None], kept)]


def average_steps(call: Call) -> list[Value]:
    """Return GlobalAveragePooling1D: the mean of the steps that no mask hides."""
    given = call.inputs[0]
    mask = use_mask(given, call.name)
    if mask is None:
        return [Value(convolution.pool_all(call.layer, call.array))]
    values = to_last(call.layer.config, given.array)
    if mask.ndim != 2 or values is not given.array or not mask.any(axis=1).all():
        raise CannotCompute(f"the mask that reaches {call.name}")
    total = (values * mask[..., None]).sum(axis=1, keepdims=bool(call.layer.config.get("keepdims")))
    count = mask.sum(axis=1)
    return [Value(total / count.reshape(-1, *[1] * (total.ndim - 1)))]


def apply_softmax(call: Call) -> list[Value]:
    values = call.array
    axes = as_axes(call.layer.config.get("axis", -1), values.ndim)
    if len(axes) != 1 or use_mask(call.inputs[0], call.name) is not None:
        raise CannotCompute(f"the axis or the mask of {call.name}")
    return [Value(np.moveaxis(softmax(np.moveaxis(values, axes[0], -1)), -1, axes[0]))]


def leak(layer: Layer, values: Array) -> Array:
    slope = layer.config.get("negative_slope", layer.config.get("alpha", 0.3))
    return np.where(values > 0, values, read_number(slope) * values)


def rectify(layer: Layer, values: Array) -> Array:
    """Return ReLU: a slope below the threshold, the identity above, and a highest value."""
    slope, threshold, highest = (
        layer.config.get(key) for key in ("negative_slope", "threshold", "max_value")
    )
    least = read_number(threshold or 0.0)
    result = np.where(values >= least, values, read_number(slope or 0.0) * (values - least))
    return np.asarray(np.minimum(result, np.inf if highest is None else read_number(highest)))


def rectify_above(layer: Layer, values: Array) -> Array:
    return np.where(values > read_number(layer.config.get("theta", 1.0)), values, 0)


def leak_learned(layer: Layer, values: Array) -> Array:
    return np.asarray(np.maximum(values, 0) + take(layer, "alpha") * np.minimum(values, 0))


def bend(layer: Layer, values: Array) -> Array:
    alpha = read_number(layer.config.get("alpha", 1.0))
    return np.where(values > 0, values, alpha * np.expm1(np.minimum(values, 0)))


def read_number(value: object) -> float:
    """Return a number of a configuration; Keras 2 wrote some as an array of float32."""
    if isinstance(value, dict):
        value = value.get("config", {}).get("value")
    return float(np.asarray(value, float))


def merge(call: Call) -> list[Value]:
    """Return Add and its kin; arrays have as many dimensions each."""
    given = [each.array for each in call.inputs]
    if len({each.ndim for each in given}) > 1 or len(given) < 2:
        raise CannotCompute(f"the inputs of {call.name}")
    if call.layer.class_name == "Subtract" and len(given) != 2:
        raise CannotCompute(f"the inputs of {call.name}")
    return [Value(MERGES[call.layer.class_name](given), merge_masks(call.inputs))]


def concatenate(call: Call) -> list[Value]:
    axis = call.layer.config.get("axis", -1)
    if len(call.inputs) < 2 or as_axes(axis, call.inputs[0].array.ndim) == [0]:
        raise CannotCompute(f"the inputs or the axis of {call.name}")
    joined = np.concatenate([each.array for each in call.inputs], axis=axis)
    return [Value(joined, concatenate_masks(call.inputs, axis))]


def multiply_inputs(call: Call) -> list[Value]:
    """Return Dot of two inputs along one axis of each."""
    if len(call.inputs) != 2:
        raise CannotCompute(f"the inputs of {call.name}")
    first, second = (each.array for each in call.inputs)
    axes = call.layer.config.get("axes")
    pair = axes if isinstance(axes, list) and len(axes) == 2 else [axes, axes]
    one, two = as_axes(pair[0], first.ndim)[0], as_axes(pair[1], second.ndim)[0]
    if 0 in (one, two) or isinstance(pair[0], list) or isinstance(pair[1], list):
        raise CannotCompute(f"the axes of {call.name}")
    if call.layer.config.get("normalize"):
        unit = normalizing.unit_normalize
        first, second = (
            unit(Layer(call.layer.name, "", {"axis": at}), each)
            for at, each in ((one, first), (two, second))
        )
    rows = [
        np.tensordot(mine, other, axes=(one - 1, two - 1))
        for mine, other in zip(first, second, strict=True)
    ]
    result = np.stack(rows)
    masked = any(each.mask is not None for each in call.inputs)
    return [Value(result[:, None] if result.ndim == 1 else result, UNSURE if masked else None)]


MERGES: dict[str, Callable[[list[Array]], Array]] = {
    "Add": lambda given: np.asarray(sum(given)),
    "Average": lambda given: np.asarray(sum(given)) / len(given),
    "Maximum": lambda given: np.maximum.reduce(np.broadcast_arrays(*given)),
    "Minimum": lambda given: np.minimum.reduce(np.broadcast_arrays(*given)),
    "Multiply": lambda given: np.multiply.reduce(np.broadcast_arrays(*given)),
    "Subtract": lambda given: given[0] - given[1],
}
# One input, one output; the mask follows forward_masks.
ONE_INPUT: dict[str, Callable[[Layer, Array], Array]] = {
    **dict.fromkeys(
        (
            *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout"),
            *("GaussianNoise", "Identity", "RandomBrightness", "RandomContrast", "RandomFlip"),
            *("RandomRotation", "RandomTranslation", "RandomZoom", "SpatialDropout1D"),
            *("SpatialDropout2D", "SpatialDropout3D"),
        ),
        keep,
    ),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), convolution.convolve),
    **dict.fromkeys(
        ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), convolution.convolve_transposed
    ),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), convolution.convolve_depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), convolution.convolve_separable),
    **{
        f"{kind}Pooling{size}D": convolution.pool
        for kind in ("Average", "Max")
        for size in (1, 2, 3)
    },
    **{f"GlobalMaxPooling{size}D": convolution.pool_all for size in (1, 2, 3)},
    **{f"GlobalAveragePooling{size}D": convolution.pool_all for size in (2, 3)},
    **{f"ZeroPadding{size}D": shapes.pad for size in (1, 2, 3)},
    **{f"Cropping{size}D": shapes.crop for size in (1, 2, 3)},
    **{f"UpSampling{size}D": shapes.upsample for size in (1, 2, 3)},
    "Activation": activate,
    "CategoryEncoding": features.encode,
    "Dense": dense,
    "Discretization": features.discretize,
    "ELU": bend,
    "EinsumDense": multiply_einsum,
    "Flatten": shapes.flatten,
    "GroupNormalization": normalizing.group_normalize,
    "IntegerLookup": features.look_up,
    "LayerNormalization": normalizing.layer_normalize,
    "LeakyReLU": leak,
    "Normalization": features.normalize,
    "PReLU": leak_learned,
    "Permute": shapes.permute,
    "RMSNormalization": normalizing.root_mean_square_normalize,
    "ReLU": rectify,
    "RepeatVector": shapes.repeat,
    "Rescaling": features.rescale,
    "Reshape": shapes.reshape,
    "Resizing": shapes.resize,
    "ThresholdedReLU": rectify_above,
    "UnitNormalization": normalizing.unit_normalize,
}
# Several inputs or outputs, or masks of their own.
WHOLE_CALL: dict[str, Callable[[Call], list[Value]]] = {
    **dict.fromkeys(MERGES, merge),
    **dict.fromkeys(("GRU", "LSTM", "RNN", "SimpleRNN"), recur),
    "AdditiveAttention": attend,
    "Attention": attend,
    "BatchNormalization": normalizing.batch_normalize,
    "Bidirectional": recur_both_ways,
    "Concatenate": concatenate,
    "Dot": multiply_inputs,
    "Embedding": embed,
    "GlobalAveragePooling1D": average_steps,
    "Masking": hide,
    "MultiHeadAttention": attend_with_heads,
    "Softmax": apply_softmax,
}
