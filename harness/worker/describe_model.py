"""What a loaded Keras model is made of: its configuration, and its weights layer by layer.

Used by a release that gives a model away (`rescue`) and by the release that takes it.
"""

import os

import numpy as np


def describe_model(tf, keras, model, folder, save_list):
    """Write `config.json` and the arrays `weight-000.npy`, ... into `folder`.

    Return {"weights": [{"layer", "arrays"}], "undescribed": why there is no configuration, else
    "", "computes_in": the coarsest dtype that a layer computes in, if below float32}. `keras`
    loaded the model. `save_list` writes the arrays and returns their shapes and dtypes.
    """
    layers, arrays = [], []
    for name, layer in list_layers(model):
        values = read_weights(tf, keras, layer)
        if values:
            layers.append((name, len(values)))
            arrays += values
    files = save_list("weight", arrays)
    weights = []
    for name, count in layers:
        weights.append({"layer": name, "arrays": files[:count]})
        files = files[count:]
    try:
        text, undescribed = model.to_json(), ""
    except Exception as error:
        text, undescribed = "", "%s: %s" % (type(error).__name__, error)
    if text:
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
            file.write(text)
    return {
        "weights": weights,
        "undescribed": undescribed,
        "computes_in": find_coarse_dtype(model),
    }


def find_coarse_dtype(model):
    """Return the coarsest dtype that a layer computes in, if below float32, else ""."""
    computed = [getattr(layer, "compute_dtype", None) for _, layer in list_layers(model)]
    coarse = [each for each in ("bfloat16", "float16") if each in computed]
    return coarse[0] if coarse else ""


def list_layers(model, prefix=""):
    """Yield (name, layer) for every layer of a model and of the models in it, each layer once.

    A layer in a nested model is named `nested/layer`. A wrapper counts as one layer; a Merge of
    Keras 1 holds models.
    """
    for layer in model.layers:
        name = prefix + layer.name
        holds = hasattr(layer, "to_json") or type(layer).__name__ == "Merge"
        if holds and isinstance(getattr(layer, "layers", None), list):
            for inner in list_layers(layer, name + "/"):
                yield inner
        else:
            yield name, layer


def list_variables(layer):
    """Return a layer's variables in the order of a legacy H5 file: what is trained, the rest.

    The state of a random generator is not among them: each release keeps its own.
    """
    variables = list(layer.trainable_weights) + list(layer.non_trainable_weights)
    return [each for each in variables if is_number(each) and "StateVar" not in each.name]


def is_number(variable):
    """Say whether a variable holds numbers: Keras 2 keeps vocabularies among the weights."""
    return hasattr(variable, "shape")


def read_weights(tf, keras, layer):
    """Return the values of a layer's variables: each Keras has a session of its own."""
    variables = list_variables(layer)
    if tf.executing_eagerly():
        return [np.asarray(each.numpy()) for each in variables]
    return [np.asarray(value) for value in keras.backend.batch_get_value(variables)]
