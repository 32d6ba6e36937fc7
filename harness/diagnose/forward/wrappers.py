"""Calls one layer, by its class, and what a layer wraps: TimeDistributed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.diagnose.forward.call import (
    UNSURE,
    Call,
    CannotCompute,
    Value,
    make_inner,
)
from harness.diagnose.forward.layers import ONE_INPUT, WHOLE_CALL
from harness.diagnose.forward.masks import PASS_MASK, pass_mask, set_masks
from harness.diagnose.forward.operations import is_operation, operate
from harness.diagnose.forward.options import WHOLE, check_options, read_dtype
from harness.diagnose.network.layer import Layer, Node
from harness.formats.facts import plain

UNTRUSTED = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError)
SAME_TENSOR = {"InputLayer", "MultiHeadAttention"}  # these read no mask, or say so themselves
RECURRENT = {"Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN"}
RANDOM_IMAGES = {  # Keras 3 stores training=True, their default, with every call of them
    *("RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation", "RandomTranslation"),
    "RandomZoom",
}
SCORES = {"return_attention_scores", "use_causal_mask"}
KEYWORDS = {
    **{name: {"initial_state"} for name in RECURRENT},
    "AdditiveAttention": SCORES,
    "Attention": SCORES,
    "MultiHeadAttention": SCORES
    | {"value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"},
}


def clean_keywords(keywords: dict[str, Any], member: Layer | Node) -> dict[str, Any]:
    """Return the keywords of a call that say something; raises CannotCompute for training."""
    kept = {key: value for key, value in keywords.items() if value is not None}
    kept = {key: value for key, value in kept.items() if value is not False}
    training = kept.pop("training", None)
    if training is not None and member.class_name not in RANDOM_IMAGES:  # predict passes False
        raise CannotCompute(f"a call of {plain(member.name, 40)} in training mode")
    return kept


def call_layer(
    call: Call, arguments: list[Any] | None = None, constants: bool = False
) -> list[Value]:
    """Return the outputs of a layer; raises CannotCompute, with the layer's name, for others.

    `arguments`: in their order, for an operation that also takes constants.
    """
    layer = call.layer
    try:
        if not layer.own and is_operation(call):
            return operate(call, call.inputs if arguments is None else list(arguments))
        known = {*ONE_INPUT, *WHOLE_CALL, "InputLayer", "TimeDistributed"}
        if layer.own or layer.class_name not in known or not call.inputs:
            kind = plain(layer.class_name, 40)
            raise CannotCompute(f"the layer {call.name} ({kind})")
        if constants:
            raise CannotCompute(f"a call of {call.name} with a constant")
        check_options(layer, call.how.half)
        return run_layer(check_call(call))
    except CannotCompute:
        raise
    except UNTRUSTED as error:
        shapes = " and ".join(str(each.array.shape) for each in call.inputs[:3])
        said = f"the layer {call.name} does not take what reaches it, of the shape {shapes}"
        raise CannotCompute(said) from error


def check_call(call: Call) -> Call:
    """Return a call with its masks set; raises CannotCompute for keywords that are not known."""
    layer, keywords = call.layer, dict(call.keywords)
    mask = keywords.pop("mask", None)
    inputs = set_masks(call.inputs, mask, layer.name)
    stated = bool(keywords.get("initial_state")) or len(inputs) > 1
    keras = call.how.keras
    if is_of_early_keras_3(call, inputs):
        raise CannotCompute(f"{call.name}, which early Keras 3 computes in another way")
    passed_on = stated and mask is None and inputs[0].mask is not None
    # Keras 3 forgets the mask beside a state.
    if layer.class_name in RECURRENT and passed_on and (keras is None or keras >= (3, 0)):
        raise CannotCompute(f"the mask that reaches {call.name}")
    if odd := set(keywords) - KEYWORDS.get(layer.class_name, set()):
        raise CannotCompute(f"a call of {call.name} with {plain(min(odd), 30)}")
    return Call(layer, inputs, call.how, keywords)


def is_of_early_keras_3(call: Call, inputs: Sequence[Value]) -> bool:
    """Return whether an early Keras 3 gives other numbers, or none that we have measured.

    Masks in Concatenate: others in 3.0.5, right in 3.6. Discretization: others in 3.0.5 and 3.6.0,
    right in 3.15.1.
    """
    keras, kind = call.how.keras or (0, 0), call.layer.class_name
    masked = kind == "Concatenate" and any(each.mask is not None for each in inputs)
    return keras >= (3, 0) and (
        (masked and keras < (3, 6)) or (kind == "Discretization" and keras < (3, 15))
    )


def run_layer(call: Call) -> list[Value]:
    """Return the outputs of a layer that is known here."""
    layer = call.layer
    if layer.class_name in ONE_INPUT:
        return run_one(call)
    for each in [] if layer.class_name in SAME_TENSOR else call.inputs:
        each.mask_read = each.mask_read or each.mask is not None
    if layer.class_name in WHOLE_CALL:
        return WHOLE_CALL[layer.class_name](call)
    if layer.class_name == "TimeDistributed":
        return distribute(call)
    check_input(call)
    return [call.inputs[0]]


def run_one(call: Call) -> list[Value]:
    """Return what a layer of one input gives; Keras gives the same tensor on where nothing changes.

    Where a mask goes on to another tensor, `mask_read` says so.
    """
    layer = call.layer
    given, result = call.inputs[0], ONE_INPUT[layer.class_name](layer, call.array)
    mask = pass_mask(layer.class_name, given.mask)
    if result is given.array and mask is given.mask:
        return [given]
    given.mask_read = given.mask_read or given.mask is not None
    return [Value(result, mask)]


def check_input(call: Call) -> None:
    """Raise CannotCompute for numbers that the type of an input layer would change."""
    dtype = read_dtype(call.layer.config.get("dtype"))
    if dtype not in WHOLE or dtype == "string":
        return
    limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    values = call.array
    if (values != np.floor(values)).any() or values.min() < limits[0] or values.max() > limits[1]:
        raise CannotCompute(f"the input {call.name} takes whole numbers ({dtype})")


def distribute(call: Call) -> list[Value]:
    """Return TimeDistributed: a layer called on every step as if steps were rows."""
    values, given = call.array, call.inputs[0]
    inner = make_inner(call.layer, "layer", "layer/", "")
    if values.ndim < 3 or (given.mask is not None and inner.class_name not in PASS_MASK):
        raise CannotCompute(f"the input or the mask of {call.name}")
    if call.how.training and inner.class_name == "BatchNormalization":
        raise CannotCompute(f"{call.name} in training mode")
    rows, steps = values.shape[:2]
    result = call_layer(
        Call(inner, [Value(values.reshape(rows * steps, *values.shape[2:]))], call.how)
    )
    if len(result) != 1:
        raise CannotCompute(f"the outputs of {call.name}")
    array = result[0].array
    mask = given.mask if result[0].mask is None else UNSURE
    return [Value(array.reshape(rows, steps, *array.shape[1:]), mask)]
