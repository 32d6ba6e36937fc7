"""Keras 3 does not read a Sequential .h5 of Keras 2.0 to 2.2.2: its layers are a list, not a dict.

Symptom:
    TypeError: pop expected at most 1 argument, got 2
    from load_model in Keras 3. TensorFlow 2.1 and 2.2 say AttributeError: 'list' object has no
    attribute 'items'. Functional models of the same program load.
Cause:
    Up to Keras 2.2.2 the configuration of a Sequential was the list of its layers. Since then it is
    a dict with a name and that list. Keras 2 takes both. Keras 3 calls pop("name", None), which
    lists do not know. The repair that suggests itself, a dict around the list, loads and is wrong
    for Dense layers: Keras 3 also misreads their batch_input_shape, and adds a dimension.
Fix:
    input: in a copy of the file, write a dict with the key layers, and put an InputLayer with the
    stored shape first. load_model reads the copy.
    Or let it be done, with a proof: python -m harness rescue model.h5
Spot it:
        config = json.loads(h5py.File("model.h5", "r").attrs["model_config"])
        isinstance(config["config"], list)  # True: Keras 3 refuses the file
Evidence:
    SINTEF/pyopia#159 (Keras 3.3.3), tensorflow/tensorflow#35934, #38135 (TensorFlow 2.1).
"""
import json
import shutil

import h5py
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "sequential-list-config",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files with Keras 2.1.6
    "artifact": {"writer": "1.15.0 with keras==2.1.6", "folder": "sequential_list_config"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "pop expected at most 1 argument"},
            {"reader": ">=2.1,<2.3", "verdict": "error", "raises": "has no attribute 'items'"},
            {"verdict": "match"}],
        "restore_broken_dict": [
            {"keras": ">=3", "verdict": "error", "raises": "Invalid input shape",
             "why": "Keras 3 takes the shape for one without the batch."},
            {"verdict": "match"}],
        "restore_fixed_input": "match",
    },
    "minutes": 8,
    "hints": [
        "The message is about a list. What in the file would Keras expect to be a dict?",
        "Print the attribute model_config. Where do the layers stand, and where does the shape?",
        "Write model_config anew in a copy: as a dict, and with an InputLayer before the others.",
    ],
}


def save(artifact, seed):
    import keras  # the package of its own
    rng = np.random.default_rng(seed)
    hops = rng.normal(size=(64, 6)).astype("float32")  # six measures of a hop, z-scores
    model = keras.models.Sequential([
        keras.layers.Dense(8, activation="tanh", input_shape=(6,)),
        keras.layers.Dense(1)])
    # in place of a training
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    model.save(artifact + "/model.h5", include_optimizer=False)
    return hops, model.predict(hops)  # its bitterness


def restore_broken(artifact, file="/model.h5"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    return lambda inputs: model.predict(inputs, verbose=0), model


def restore_broken_dict(artifact, first=lambda layers: []):
    shutil.copy(artifact + "/model.h5", artifact + "/copy.h5")
    with h5py.File(artifact + "/copy.h5", "r+") as file:
        layers = json.loads(file.attrs["model_config"])["config"]
        config = {"name": "sequential_1", "layers": first(layers) + layers}
        config = {"class_name": "Sequential", "config": config}
        file.attrs["model_config"] = json.dumps(config).encode()
    return restore_broken(artifact, "/copy.h5")


def make_input(layers):
    config = {"batch_input_shape": layers[0]["config"].pop("batch_input_shape")}
    config.update(dtype="float32", name="input_1")
    return [{"class_name": "InputLayer", "config": config}]


def restore_fixed_input(artifact):
    return restore_broken_dict(artifact, make_input)
