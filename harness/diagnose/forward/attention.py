"""Attention layers of Keras in numpy. Formulas: keras/src/layers/attention, tf_keras the same.

Scores that a mask hides are -1e9: in float32 a row that is hidden as a whole becomes a plain mean.
"""

import math

import numpy as np

from harness.diagnose.forward.activations import softmax
from harness.diagnose.forward.call import (
    UNSURE,
    Call,
    CannotCompute,
    Value,
    as_list,
    take,
    use_mask,
)
from harness.diagnose.forward.masks import set_masks
from harness.diagnose.network.layer import Layer
from harness.verdicts.statistics import Array

HIDDEN, LARGEST_SCORE = -1e9, 30.0  # -1e9 plus a larger score is another number in float32
MASKS_BY_ITSELF = (2, 10)  # the first Keras whose MultiHeadAttention takes masks of its inputs
PROJECTIONS = ("query", "key", "value", "attention_output")


def attend(call: Call) -> list[Value]:
    """Return Attention or AdditiveAttention of [query, value] or [query, value, key]."""
    layer, config = call.layer, call.layer.config
    if not 2 <= len(call.inputs) <= 3 or any(each.array.ndim != 3 for each in call.inputs):
        raise CannotCompute(f"the inputs of {call.name}")
    query, value = (each.array for each in call.inputs[:2])
    key = call.inputs[-1].array if len(call.inputs) > 2 else value
    query_mask, value_mask = (use_mask(each, call.name) for each in call.inputs[:2])
    additive = layer.class_name == "AdditiveAttention"
    if additive or config.get("score_mode") == "concat":
        scale = take(layer, "scale") if config.get("use_scale", additive) else 1.0
        together = query[:, :, None] + key[:, None]
        if additive:
            scores = (scale * np.tanh(together)).sum(axis=-1)
        else:
            weight = take(layer, "concat_score_weight")
            scores = weight * np.tanh(scale * together).sum(axis=-1)
    elif config.get("score_mode", "dot") == "dot":
        scores = query @ key.swapaxes(1, 2)
        if config.get("use_scale"):
            scores = scores * take(layer, "scale")
    else:
        raise CannotCompute(f"the score_mode of {call.name}")
    seen = np.ones(scores.shape, bool)
    if value_mask is not None:
        seen &= value_mask[:, None]
    if config.get("causal") or call.keywords.get("use_causal_mask"):
        seen &= np.tri(*scores.shape[1:]) == 1
    shares = weigh(scores, seen, call.name)
    result = shares @ value
    if query_mask is not None:
        result = result * query_mask[..., None]
    found = Value(result, call.inputs[0].mask)
    scored = Value(shares, None if call.inputs[0].mask is None else UNSURE)
    return [found, scored] if call.keywords.get("return_attention_scores") else [found]


def attend_with_heads(call: Call) -> list[Value]:
    """Return MultiHeadAttention over one axis of steps; call(query, value, key)."""
    config, named = call.layer.config, call.keywords
    given = [
        *call.inputs,
        *(named[each] for each in ("value", "key") if named.get(each) is not None),
    ]
    if not 2 <= len(given) <= 3 or any(
        not isinstance(each, Value) or each.array.ndim != 3 for each in given
    ):
        raise CannotCompute(f"the inputs of {call.name}")
    if config.get("attention_axes") not in (None, 1, [1]):
        raise CannotCompute(f"the attention_axes of {call.name}")
    query, value, key = given[0], given[1], given[-1]
    keyed = len(given) > 2 and key is not value
    heads = as_list(config.get("num_heads"))[0]
    projected = [
        project(call, part, each.array, heads)
        for part, each in zip(PROJECTIONS, (query, key, value), strict=False)
    ]
    asked, offered, held = projected
    scores = np.einsum("bthd,bshd->bhts", asked, offered) / math.sqrt(float(config["key_dim"]))
    seen = np.ones((len(scores), *scores.shape[2:]), bool)
    if named.get("use_causal_mask"):
        seen &= np.tri(*scores.shape[2:]) == 1
    if isinstance(mask := named.get("attention_mask"), Value):
        if mask.array.ndim != 3:
            raise CannotCompute(f"the attention_mask of {call.name}")
        seen &= mask.array != 0
    explicit = [
        set_masks([each], named.get(f"{part}_mask"), call.layer.name)[0]
        for part, each in (("value", value), ("key", key))
    ]
    keyed = keyed or named.get("key_mask") is not None
    seen = seen & read_masks(call, query, explicit[0], explicit[1] if keyed else None)
    shares = weigh(scores, np.broadcast_to(seen[:, None], scores.shape), call.name)
    joined = np.einsum("bhts,bshd->bthd", shares, held)
    kernel, bias = read_projection(call.layer, "attention_output")
    result = Value(np.tensordot(joined, kernel, axes=2) + bias, query.mask)
    for each in given if is_keras_3(call) else ():
        if each.mask is not None:  # Keras 3 takes the mask away from the inputs
            each.mask = UNSURE
    scored = Value(shares, None if result.mask is None else UNSURE)
    return [result, scored] if named.get("return_attention_scores") else [result]


def is_keras_3(call: Call) -> bool:
    """Return whether Keras 3 wrote the file, or may have written it."""
    return call.how.keras is None or call.how.keras >= (3, 0)


def read_masks(call: Call, query: Value, value: Value, key: Value | None) -> Array:
    """Return what the masks of the inputs leave to see, shape (rows, steps, steps of values)."""
    masked = [each for each in (query, value, key) if each is not None and each.mask is not None]
    keras = call.how.keras
    if masked and (keras is None or keras < MASKS_BY_ITSELF):
        raise CannotCompute(f"the mask that reaches {call.name}")
    if is_keras_3(call) and any(each.mask_read for each in masked):
        raise CannotCompute(f"the mask that reaches {call.name} and another layer")
    seen = np.ones((len(query.array), query.array.shape[1], value.array.shape[1]), bool)
    query_mask, value_mask = use_mask(query, call.name), use_mask(value, call.name)
    key_mask = use_mask(key, call.name) if key is not None else None
    if query_mask is not None:
        seen &= query_mask[:, :, None]
    for mask in (value_mask, key_mask):
        if mask is not None:
            seen &= mask[:, None]
    return seen


def weigh(scores: Array, seen: Array, name: str) -> Array:
    """Return softmax over the last axis of the scores that are seen."""
    hidden = ~seen.any(axis=-1)
    if hidden.any() and float(np.abs(scores[hidden]).max()) > LARGEST_SCORE:
        raise CannotCompute(f"a row that masks hide from {name}")
    return softmax(np.where(seen, scores, HIDDEN))


def project(call: Call, part: str, values: Array, heads: int) -> Array:
    """Return values in heads: (rows, steps, heads, numbers)."""
    kernel, bias = read_projection(call.layer, part)
    if kernel.ndim != 3 or kernel.shape[1] != heads or kernel.shape[0] != values.shape[-1]:
        raise CannotCompute(f"the shape of the kernel of {call.name}")
    return np.tensordot(values, kernel, axes=1) + bias


def read_projection(layer: Layer, part: str) -> tuple[Array, Array | float]:
    """Return kernel and bias of one of the four projections.

    Keras 3 calls the last `output_dense`, Keras 2 `_output_dense`, an `.h5` `attention_output`.
    """
    stored = "output_dense" if part == "attention_output" else f"{part}_dense"
    found = {}
    for at, name in enumerate(("kernel", "bias")):
        ends = (f"{part}/{name}", f"{stored}/vars/{at}", f"_{stored}/vars/{at}")
        places = [place for place in layer.weights if place.endswith(ends[0]) or place in ends]
        if len(places) == 1:
            found[name] = np.asarray(layer.weights[places[0]], np.float64)
    if "kernel" not in found or (layer.config.get("use_bias", True) and "bias" not in found):
        raise CannotCompute(f"{part} of {layer.name} is not in the file")
    return found["kernel"], found.get("bias", 0.0)
