"""Keras 3 rejects a compiled .h5 of Keras 2.2 and older, because its optimizer says lr.

Symptom:
    ValueError: Argument(s) not recognized: {'lr': 0.003}
    from load_model, after a warning that the argument decay is ignored. The same model, saved
    without its optimizer, loads.
Cause:
    The file holds the arguments of the optimizer: lr, decay, beta_1, ... TensorFlow 2.0 and Keras
    2.3 call the first one learning_rate, and Keras 2 reads both. Keras 3 reads only the new name.
    It makes the optimizer before it returns the model, so an argument that no prediction needs
    keeps the model from loading.
Fix:
    not_compiled: compile=False leaves the optimizer out. Keras 3.0 to 3.2 ignore that for .h5.
    compiled_again: take the training_config out of a copy of the file, load the copy, and compile
    it with the stored rate. The optimizer's moments are lost, and training begins anew.
    Or let it be done, with a proof: python -m harness rescue model.h5
    How it differs from keras2-compile-objects: that file is of 2.11 to 2.15, with other arguments.
Spot it:
        config = h5py.File("model.h5", "r").attrs["training_config"]
        "lr" in json.loads(config)["optimizer_config"]["config"]  # True: compile=False
Evidence:
    GantMan/nsfw_model#164 (an .h5 of MobileNet).
"""
import json
import shutil

import h5py
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "optimizer-lr-keyword",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files with Keras 2.1.6
    "artifact": {"writer": "1.15.0 with keras==2.1.6", "folder": "optimizer_lr_keyword"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "Argument(s) not recognized: {'lr'"},
            {"verdict": "match"}],
        "restore_fixed_not_compiled": [
            {"keras": ">=3,<3.3", "verdict": "error", "raises": "Argument(s) not recognized",
             "why": "Keras 3.0 to 3.2 ignore compile=False for .h5 files."},
            {"verdict": "match"}],
        "restore_fixed_compiled_again": "match",
    },
    "minutes": 5,
    "hints": [
        "The message names an argument of an optimizer. Does a prediction need one?",
        "The file holds the model, and besides it what compile() was given.",
        "load_model has an argument for programs that only predict.",
    ],
}


def save(artifact, seed):
    import keras  # the package of its own
    rng = np.random.default_rng(seed)
    kiln = rng.normal(size=(64, 5)).astype("float32")  # five measures of a kiln, z-scores
    inputs = keras.layers.Input((5,))
    hidden = keras.layers.Dense(8, activation="tanh")(inputs)
    model = keras.models.Model(inputs, keras.layers.Dense(1)(hidden))
    # in place of a training
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    model.compile(keras.optimizers.Adam(lr=0.003), "mean_squared_error")
    model.save(artifact + "/model.h5")
    return kiln, model.predict(kiln)  # how much a tile shrinks


def restore_broken(artifact, file="/model.h5", **options):
    model = tf.keras.models.load_model(artifact + file, **options)
    return lambda inputs: model.predict(inputs, verbose=0), model


def restore_fixed_not_compiled(artifact):
    return restore_broken(artifact, compile=False)


def restore_fixed_compiled_again(artifact):
    shutil.copy(artifact + "/model.h5", artifact + "/copy.h5")
    with h5py.File(artifact + "/copy.h5", "r+") as file:
        optimizer = json.loads(file.attrs["training_config"])["optimizer_config"]
        del file.attrs["training_config"]
    predict, model = restore_broken(artifact, "/copy.h5")
    model.compile(tf.keras.optimizers.Adam(optimizer["config"]["lr"]), "mean_squared_error")
    return predict, model
