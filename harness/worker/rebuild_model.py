"""Write a model as a new `.keras` in this release: the work of `rescue` in the target.

A step of kind "rebuild_model" is a dict:
    model (path of the old file, which is loaded as it is, where there is no config), config (path
    of a model's configuration as JSON, else None), training (path of the arguments of compile as
    JSON, else None), weights (npz of arrays `000000`, ...), layers (list of [name, number of
    arrays], in the order of the arrays), code, custom, trusted, target (path of the new file),
    folder (where `result.json` goes).
"""

import json

import numpy as np

from .describe_model import list_layers, list_variables
from .environment import keras_version
from .restore_model import find_objects
from .result_file import record_result
from .steps import make_printable

CHOSEN_LATER = ("accuracy", "acc", "crossentropy", "ce")  # compile chooses by the outputs


class DoesNotFit(Exception):
    """The weights have no place in the model."""


def rebuild_model(tf, step):
    """Write the model as a new file, and write down what came of it."""
    result = {
        "error": None,
        "versions": {"tensorflow": tf.__version__, "keras": keras_version(tf)},
        "not_compiled": "",
    }
    record_result(step, result, lambda: rebuild(tf, step, result))


def rebuild(tf, step, result):
    """Build or load the model, and save it."""
    objects = find_objects(step["code"], step["custom"]) if step["code"] else {}
    with tf.keras.utils.custom_object_scope(objects):
        if step["config"] is None:
            model = tf.keras.models.load_model(step["model"])
        else:
            config = read_json(step["config"])
            model = tf.keras.utils.deserialize_keras_object(config)
            set_weights(step, model)
            result["not_compiled"] = compile_again(tf, step, model)
        model.save(step["target"])


def read_json(path):
    """Return the value of a JSON file."""
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def set_weights(step, model):
    """Give each layer its arrays: by the layers' names, or by their order where names differ."""
    with np.load(step["weights"]) as kept:
        arrays = [kept["%06d" % position] for position in range(len(kept.files))]
    given = []
    for name, count in step["layers"]:
        given.append((name, arrays[:count]))
        arrays = arrays[count:]
    if not model.built and given:
        raise DoesNotFit("the model does not say what its inputs are")
    there = [(name, list_variables(layer)) for name, layer in list_layers(model)]
    there = [(name, variables) for name, variables in there if variables]
    if len(there) != len(given):
        said = "%d layers have weights here, and %d had them before"
        raise DoesNotFit(said % (len(there), len(given)))
    if {name for name, _ in there} == {name for name, _ in given}:
        named = dict(given)
        given = [(name, named[name]) for name, _ in there]
    for (name, variables), (_, values) in zip(there, given):
        shapes = [tuple(each.shape) for each in variables], [each.shape for each in values]
        if shapes[0] != shapes[1]:
            raise DoesNotFit("layer %s has weights of shapes %s, and had %s" % ((name,) + shapes))  # noqa: RUF005
        for variable, value in zip(variables, values):
            variable.assign(value)


def compile_again(tf, step, model):
    """Compile the model as it was; return why that fails, "" where it does not or never was."""
    if step["training"] is None:
        return ""
    wanted = read_json(step["training"])
    try:
        check_names(tf.keras.losses.get, wanted.get("loss"))
        check_names(tf.keras.metrics.get, [wanted.get("metrics"), wanted.get("weighted_metrics")])
        optimizer = tf.keras.optimizers.deserialize(wanted["optimizer_config"])
        model.compile(
            optimizer=optimizer,
            loss=revive(tf, wanted.get("loss")),
            metrics=revive(tf, wanted.get("metrics")),
            weighted_metrics=revive(tf, wanted.get("weighted_metrics")),
            loss_weights=wanted.get("loss_weights"),
        )
        optimizer.build(model.trainable_variables)  # else load_model warns of missing variables
    except Exception as error:
        return make_printable("%s: %s" % (type(error).__name__, error))[:2000]
    return ""


def check_names(find, value):
    """Look up each name of a loss or metric: compile takes any, and fit then fails."""
    if isinstance(value, str) and value not in CHOSEN_LATER:
        find(value)
    elif isinstance(value, dict) and "class_name" not in value:
        check_names(find, list(value.values()))
    elif isinstance(value, list):
        for each in value:
            check_names(find, each)


def revive(tf, value):
    """Return losses and metrics from what a configuration says of them."""
    if isinstance(value, dict) and "class_name" in value:
        return tf.keras.utils.deserialize_keras_object(value)
    if isinstance(value, dict):
        return {key: revive(tf, each) for key, each in value.items()}
    if isinstance(value, list):
        return [revive(tf, each) for each in value]
    return value
