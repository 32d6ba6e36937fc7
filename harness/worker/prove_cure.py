"""Execute a cure as it is printed, on a copy of the model: what `diagnose --prove` does.

A step of kind "prove_cure" is that of "restore_model" with:
    cure (Python, as it is printed), loads (bool: the cure loads the model itself).
The cure finds `path`, `inputs` (also as `images`), `model`, `predictions`, `np`, `tf`, `keras` and
`os`, and works in the folder of the copy.
"""

import os

import numpy as np

from .describe_model import find_coarse_dtype
from .environment import keras_version
from .model_inputs import feed, read_inputs
from .old_keras import choose_keras, open_scope
from .restore_model import (
    find_objects,
    flatten,
    load_keras,
    open_keras,
    open_signature,
    save_list,
)
from .result_file import record_result, spell_error


def prove_cure(tf, step):
    """Predict before and after the cure, and write down what came of both."""
    result = {
        "error": None,
        "before_error": "",
        "versions": {"tensorflow": tf.__version__, "keras": keras_version(tf)},
    }
    record_result(step, result, lambda: carry_out(tf, step, result))


def carry_out(tf, step, result):
    """Add to the result the files of the inputs and of the predictions before and after."""
    keras = choose_keras(tf, step)
    objects = find_objects(step["code"], step["custom"]) if step["code"] else {}
    with open_scope(keras, objects):
        model, inputs, before = None, None, None
        try:
            if step["loads"]:
                model = keras.models.load_model(step["model"])
            else:
                model, _ = load_keras(keras, step)
            specs, _, predict = open_keras(model)
            inputs, before = feed(step, specs, predict)
        except Exception as error:
            if not step["loads"]:
                raise
            result["before_error"] = "%s: %s" % (type(error).__name__, spell_error(error))
        if inputs is None and step["saved_model"]:
            inputs, _ = feed(step, *open_signature(tf, step["model"])[::2])
        if inputs is None and step["inputs"]:
            inputs = read_inputs(step["inputs"], [{"name": ""}] * count_inputs(step))
        names = {"tf": tf, "np": np, "os": os, "keras": keras, "path": step["model"]}
        given = None if inputs is None else inputs[0] if len(inputs) == 1 else inputs
        names.update(inputs=given, images=given, model=model)
        names["predictions"] = known = before[0] if before else None
        os.chdir(os.path.dirname(step["model"]))
        exec(compile(step["cure"], "the cure", "exec"), names)
        after = names.get("labels", names["predictions"])
        if names["inputs"] is not given:
            inputs = names["inputs"] if isinstance(names["inputs"], list) else [names["inputs"]]
        if after is known:
            specs, _, predict = open_keras(names["model"])
            if inputs is None:
                inputs, after = feed(step, specs, predict)
            else:
                after = predict(inputs)
        if hasattr(names["model"], "layers"):
            result["computes_in"] = find_coarse_dtype(names["model"])
        result["input_files"] = save_list(step, "input", inputs)
        result["before_files"] = save_list(step, "before", before or [])
        result["output_files"] = save_list(step, "output", flatten(after))


def count_inputs(step):
    """Return how many inputs are given."""
    with np.load(step["inputs"]) as arrays:
        return len(arrays["names"])
