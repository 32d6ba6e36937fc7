"""Restore a model and look into it while it predicts: what `diagnose --load` does.

A step of kind "observe_model" is that of "restore_model" with:
    probes (npz of arrays `000`, ..., each in place of the one input, else None).
Every look may fail in some release or for some model; `left_out` names those that failed.
"""

import itertools
import traceback

import numpy as np

from .describe_model import find_coarse_dtype, list_layers, list_variables
from .environment import keras_version
from .model_inputs import describe_input, feed
from .restore_model import (
    flatten,
    load_keras,
    open_keras,
    open_model,
    plain_array,
    save_list,
)
from .result_file import record_result
from .steps import make_printable

ROWS = 8  # whose values are kept of every layer
MOST_KEPT = 1 << 22  # numbers of all layers' outputs together
MOST_LAYERS = 1000
SHAPE_ONLY = ("Reshape", "Flatten", "Permute", "Identity")  # layers that keep the numbers
SINGLE = 4  # rows that are also predicted one by one


def observe_model(tf, step):
    """Load, predict in several ways, and write down what came of it, an error included."""
    result = {
        "error": None,
        "versions": {"tensorflow": tf.__version__, "keras": keras_version(tf)},
        "left_out": [],
    }
    record_result(step, result, lambda: observe(tf, step, result))


def observe(tf, step, result):
    """Add every look to the result."""
    keras, model, specs, _, predict, signature, _ = open_model(tf, step, result)
    inputs, predictions = feed(step, specs, predict)
    result["inputs"] = [describe_input(spec, array) for spec, array in zip(specs, inputs)]
    result["input_files"] = save_list(step, "input", inputs)
    result["output_files"] = save_list(step, "output", predictions)

    def keep(name, arrays):
        result[name + "_files"] = save_list(step, name, arrays)

    looks = [
        ("again", lambda: keep("again", predict(inputs))),
        ("single", lambda: keep("single", predict_singly(predict, inputs))),
        ("probe", lambda: keep("probe", predict_probes(step, specs, predict))),
    ]
    if not signature:
        looks += [
            ("training", lambda: keep("training", call_in_training(model, inputs))),
            ("layer", lambda: result.update(look_inside(keras, step, model, inputs))),
            ("loaded twice", lambda: result.update(load_again(keras, step, model, inputs))),
            ("stateful", lambda: result.update(stateful=find_stateful(model))),
            ("dtype", lambda: result.update(computes_in=find_coarse_dtype(model))),
        ]
    for name, look in looks:
        try:
            look()
        except Exception:
            traceback.print_exc()
            result["left_out"].append(name)


def predict_singly(predict, inputs):
    """Return the outputs of the first rows, each predicted alone."""
    rows = min(SINGLE, min(len(each) for each in inputs))
    found = [predict([each[row : row + 1] for each in inputs]) for row in range(rows)]
    return [np.concatenate(each) for each in zip(*found)]


def predict_probes(step, specs, predict):
    """Return the first output for each array that stands in for the one input; empty: refused.

    Arrays of one shape are predicted in one call, since each call takes 50 ms or more.
    """
    if not step["probes"] or len(specs) != 1:
        return []
    with np.load(step["probes"]) as kept:
        probes = [cast_probe(kept[name], specs[0]["dtype"]) for name in sorted(kept.files)]
    found = []
    for shape, group in itertools.groupby(probes, key=lambda each: getattr(each, "shape", None)):
        alike = list(group)
        if shape is None:
            found += [np.zeros(0)] * len(alike)
            continue
        try:
            found += np.split(predict([np.concatenate(alike)])[0], len(alike))
        except Exception:  # a model of a fixed number of rows; or one that takes no such shape
            found += [predict_or_nothing(predict, each) for each in alike]
    return found


def cast_probe(values, dtype):
    """Return numbers in the dtype that a model takes, None where it has no such numbers."""
    with np.errstate(all="ignore"):
        made = values.astype("float32" if dtype in ("bfloat16", "string") else dtype)
    whole = made.dtype.kind in "iub"
    return None if whole and not np.array_equal(made, values) else made


def predict_or_nothing(predict, values):
    """Return the first output for one array, an empty array where the model refuses it."""
    try:
        return predict([values])[0]
    except Exception:
        traceback.print_exc()
        return np.zeros(0)


def call_in_training(model, inputs):
    """Return the outputs of a call in training mode; weights and statistics stay as they are."""
    kept = model.get_weights()
    given = inputs[0] if len(inputs) == 1 else list(inputs)
    try:
        return flatten(model(given, training=True))
    finally:
        model.set_weights(kept)


def look_inside(keras, step, model, inputs):
    """Return statistics of what every layer gives, and write its first rows into files."""
    named, tensors = [], []
    for layer in model.layers[:MOST_LAYERS]:
        if type(layer).__name__ == "InputLayer":
            continue
        try:
            tensor = layer.output
        except Exception:  # it is called more than once
            continue
        if not isinstance(tensor, (list, tuple, dict)):
            named.append(layer)
            tensors.append(tensor)
    outputs = keras.Model(model.inputs, tensors).predict(
        inputs[0] if len(inputs) == 1 else list(inputs), verbose=0
    )
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    heads = find_heads(model.outputs)
    layers, kept, left = [], [], MOST_KEPT
    for layer, output in zip(named, outputs):
        output = plain_array(output)
        if output.dtype.kind not in "fiub":
            continue
        first = output[:ROWS]
        fits = first.size <= left
        left -= first.size if fits else 0
        kept.append(np.asarray(first if fits else first[:0], "float32"))
        described = describe_output(layer, output.astype("float64"))
        layers.append(dict(described, head=any(layer is each for each in heads)))
    return {"layers": layers, "layer_files": save_list(step, "layer", kept)}


def find_heads(outputs):
    """Return the layers whose numbers a model gives: also those before a mere change of shape."""
    heads = []
    for tensor in outputs or []:
        while getattr(tensor, "_keras_history", None):  # (layer, node, place) in every Keras
            heads.append(tensor._keras_history[0])
            moves = type(heads[-1]).__name__ in SHAPE_ONLY
            tensor = getattr(heads[-1], "input", None) if moves else None  # none: called twice
    return heads


def describe_output(layer, output):
    """Return one layer's output over all rows, in numbers."""
    finite = output[np.isfinite(output)]
    activation = getattr(layer, "activation", None)
    return {
        "name": make_printable(layer.name),
        "kind": make_printable(type(layer).__name__),
        "activation": str(getattr(activation, "__name__", "")),
        "minimum": float(finite.min()) if finite.size else None,
        "maximum": float(finite.max()) if finite.size else None,
        "zeros": float(np.mean(output == 0)) if output.size else 0.0,
        "ends": find_share_at_ends(layer, output),
        "broken": int(output.size - finite.size),
    }


def find_share_at_ends(layer, output):
    """Return which share of a sigmoid or a tanh lies at its ends, None for another layer."""
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    if name not in ("sigmoid", "tanh") or not output.size or hasattr(layer, "cell"):
        return None
    low = 0.0 if name == "sigmoid" else -1.0
    return float(np.mean((output < low + 1e-4) | (output > 1 - 1e-4)))


def load_again(keras, step, model, inputs):
    """Return the layers to which a second load of the same file gives other weights.

    What the second model predicts goes into files: a layer may keep weights where nobody sees them.
    """
    second = load_keras(keras, step)[0]
    redrawn = []
    for (name, one), (_, other) in zip(list_layers(model), list_layers(second)):
        for first, again in zip(list_variables(one), list_variables(other)):
            first, again = np.asarray(first), np.asarray(again)
            if first.shape == again.shape and not is_same(first, again):
                redrawn.append(make_printable(name))
                break
    files = save_list(step, "reloaded", open_keras(second)[2](inputs))
    return {"redrawn": redrawn, "reloaded_files": files}


def is_same(first, second):
    """Say whether two arrays hold the same numbers, NaN in the same places."""
    return bool(((first == second) | ((first != first) & (second != second))).all())


def find_stateful(model):
    """Return the names of layers that keep a state from call to call."""
    return [make_printable(each.name) for each in model.layers if getattr(each, "stateful", False)]
