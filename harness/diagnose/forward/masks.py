"""Which mask a layer gives on: keras/src/layers/layer.py, tf_keras/src/engine/base_layer.py.

Where releases of Keras differ the mask is UNSURE, and no layer computes with it.
"""

from typing import Any

import numpy as np

from harness.diagnose.forward.call import UNSURE, CannotCompute, Mask, Unsure, Value
from harness.formats.facts import plain

# `supports_masking` is true, and compute_mask is that of Layer: the mask goes on.
PASS_MASK = {
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "ELU",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "InputLayer",
    "LayerNormalization",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "ThresholdedReLU",
    "UnitNormalization",
}
# `supports_masking` is false: the mask ends here.
DROP_MASK = {
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
}


def pass_mask(class_name: str, mask: Mask) -> Mask:
    """Return the mask after a layer that does not compute with it."""
    if mask is None or class_name in DROP_MASK:
        return None
    return mask if class_name in PASS_MASK else UNSURE


def merge_masks(inputs: list[Value]) -> Mask:
    """Return the mask after Add and its kin: Keras 2 takes "and", Keras 3 takes "or"."""
    masks = [each.mask for each in inputs]
    if all(each is None for each in masks):
        return None
    first = masks[0]
    if isinstance(first, Unsure) or first is None:
        return UNSURE
    equal = all(isinstance(each, np.ndarray) and np.array_equal(each, first) for each in masks)
    return first if equal else UNSURE


def concatenate_masks(inputs: list[Value], axis: int) -> Mask:
    """Return the mask after Concatenate: surely that of the inputs where all have the same."""
    mask = merge_masks(inputs)
    if mask is None or isinstance(mask, Unsure):
        return mask
    return mask if axis in (-1, inputs[0].array.ndim - 1) and mask.ndim == 2 else UNSURE


def set_masks(values: list[Value], mask: Any, name: str) -> list[Value]:
    """Return values with the masks that a call names; where it names none, they keep theirs."""
    if mask is None:
        return values
    masks = mask if isinstance(mask, list) else [mask]
    if len(masks) > len(values):
        raise CannotCompute(f"the mask that {plain(name, 40)} is called with")
    masks = [*masks, *[None] * (len(values) - len(masks))]
    return [
        Value(value.array, read_explicit_mask(each, name))
        for value, each in zip(values, masks, strict=True)
    ]


def read_explicit_mask(given: object, name: str) -> Mask:
    """Return the mask that a call names in its keyword `mask`."""
    if given is None:
        return None
    if isinstance(given, Value) and given.array.ndim == 2:
        return np.asarray(given.array != 0)
    raise CannotCompute(f"the mask that {plain(name, 40)} is called with")
