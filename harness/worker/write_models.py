"""Write made models as this release's Keras writes them, and what each predicts before that.

A step of kind "write_models" is a dict:
    models (path of a JSON list of dicts), code (a Python file with classes of these models, else
    None), folder (where `result.json` goes).
A model is a dict:
    config (of the model, as Keras 3 and Keras 2.13 or later read it), arrays (npz: `weight-000`,
    ... in the layers' order, and `input-000`, ..., which the model gets one after the other),
    layers (list of [name, number of arrays]), target (path of the new file),
    outputs (path of an npz for `000`, ..., one for each input).
"""

import json

import numpy as np

from .describe_model import list_layers, list_variables
from .environment import keras_version
from .restore_model import find_objects, plain_array
from .result_file import record_result, spell_error


def write_models(tf, step):
    """Write every model, and write down what came of it: "" for each, or why it was not written."""
    result = {
        "error": None,
        "versions": {"tensorflow": tf.__version__, "keras": keras_version(tf)},
        "failed": [],
    }
    record_result(step, result, lambda: write_all(tf, step, result))


def write_all(tf, step, result):
    """Add to the result what came of each model."""
    with open(step["models"], encoding="utf-8") as text:
        models = json.load(text)
    objects = find_objects(step["code"], []) if step["code"] else {}
    for each in models:
        try:
            with tf.keras.utils.custom_object_scope(objects):  # which clear_session forgets
                write_one(tf, each)
            said = ""
        except Exception as error:
            said = "%s: %s" % (type(error).__name__, spell_error(error))
        result["failed"].append(said)
        tf.keras.backend.clear_session()


def write_one(tf, each):
    """Build one model, let it predict, and save it."""
    with np.load(each["arrays"]) as kept:
        arrays = {name: kept[name] for name in sorted(kept.files)}
    weights = [arrays[name] for name in arrays if name.startswith("weight")]
    inputs = [arrays[name] for name in arrays if name.startswith("input")]
    model = tf.keras.utils.deserialize_keras_object(each["config"])
    layers = dict(list_layers(model))
    for name, number in each["layers"]:
        for variable, values in zip(list_variables(layers[name]), weights[:number]):
            variable.assign(values)
        weights = weights[number:]
        if hasattr(layers[name], "finalize_state"):  # Normalization computes with copies
            layers[name].finalize_state()
    outputs = [plain_array(model(values, training=False)) for values in inputs]
    named = {"%03d" % position: output for position, output in enumerate(outputs)}
    np.savez(each["outputs"], **named)
    model.save(each["target"])
