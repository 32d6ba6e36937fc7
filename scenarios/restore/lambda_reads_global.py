"""A Lambda function reads a global. In a new process the global has its first value again.

Symptom:
    Nothing is raised and the weights are equal, but the predictions are others after load_model:
    shares of 0 to 1 instead of kilowatts. (All zeros, if the global begins as 0.0.)
    With a lambda Keras 3 says: NameError: name 'PEAK' is not defined. Up to 3.4: ValueError:
    Sequential model 'sequential' has already been configured to use input shape (None, 3).
Cause:
    The file holds the function's name, or a lambda's byte code, but no globals. The function reads
    PEAK where the model is loaded. No training ran in that process, so PEAK is still 1.0. Keras 3
    runs byte code among Keras's own globals, which hold no PEAK, whatever you pass. (Keras 2 stores
    byte code for named functions too: wrong numbers, or the NameError, for both.)
Fix:
    arguments: Lambda(function, arguments={...}) stores the value in the file.
    global_set: for a file that exists. Give the global its value before you load.
Spot it:
        layer.function.__code__.co_names  # every name in here is looked up anew after loading
Evidence:
    keras-team/keras#9431, keras-team/keras#9467, keras-team/keras#15759.
"""
import os

import numpy as np
import tensorflow as tf

PEAK = 1.0  # kilowatts: set in training, 1.0 until then

SCENARIO = {
    "id": "lambda-reads-global", "family": "restore",
    "tensorflow": ">=2.16", "keras": ">=3", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_lambda": [
            {"keras": "<3.5", "verdict": "error", "why": "It replaces the NameError.",
             "raises": "has already been configured to use input shape"},
            {"verdict": "error", "raises": "name 'PEAK' is not defined"}],
        "restore_fixed_arguments": "match",
        "restore_fixed_global_set": "match",
    },
    "saves": {"restore_broken_lambda": "save_lambda", "restore_fixed_arguments": "save_arguments"},
    "hints": ["The weights are equal. What else does the last layer use?",
              "Print PEAK at the end of save and at the start of the restore.",
              "Which part of model.save could have written PEAK into the file?"],
}


def kilowatts(share):
    return share * PEAK


def kilowatts_of(share, peak):
    return share * peak


def train_and_save(artifact, seed, make_layer):
    global PEAK
    weather = np.random.default_rng(seed).uniform(-1, 1, size=(128, 3)).astype("float32")
    load = 40 / (1 + np.exp(-weather @ np.array([[2.0], [-1.5], [0.5]])))
    PEAK = float(load.max())
    dense = tf.keras.layers.Dense(1, activation="sigmoid")
    model = tf.keras.Sequential([tf.keras.Input((3,)), dense, make_layer()])
    dense.set_weights([np.array([[2.1], [-1.6], [0.5]]), np.array([0.1])])  # as if trained
    model.save(os.path.join(artifact, "model.keras"))
    np.save(os.path.join(artifact, "peak.npy"), PEAK)
    return weather, model.predict_on_batch(weather), model


def save(artifact, seed):
    return train_and_save(artifact, seed, lambda: tf.keras.layers.Lambda(kilowatts))


def save_lambda(artifact, seed):
    return train_and_save(
        artifact, seed, lambda: tf.keras.layers.Lambda(lambda share: share * PEAK))


def save_arguments(artifact, seed):
    return train_and_save(artifact, seed, lambda: tf.keras.layers.Lambda(
        kilowatts_of, arguments={"peak": PEAK}))


def restore_broken(artifact):
    known = {"kilowatts": kilowatts, "kilowatts_of": kilowatts_of, "PEAK": PEAK}
    model = tf.keras.models.load_model(
        os.path.join(artifact, "model.keras"), custom_objects=known, safe_mode=False)
    return model.predict_on_batch, model


def restore_broken_lambda(artifact):
    return restore_broken(artifact)


def restore_fixed_arguments(artifact):  # the cure is in save_arguments
    return restore_broken(artifact)


def restore_fixed_global_set(artifact):
    global PEAK
    PEAK = float(np.load(os.path.join(artifact, "peak.npy")))
    return restore_broken(artifact)
