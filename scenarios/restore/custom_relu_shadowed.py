"""A custom activation named `relu` comes back as the built-in relu: every prediction is zero.

Symptom:
    All predictions are exactly 0.0 after load_model. No error, no warning, all weights equal.
Cause:
    The file records an activation by name, and "relu" is a built-in name. The built-in relu turns
    negative numbers, here all of them, into 0. Keras 3 looks in custom_objects only for names that
    Keras lacks. Before Keras 3.7 the file holds no package, even of a registered function.
Fix:
    Use a unique name. Then a forgotten custom_objects raises an error. (Legacy .h5 has the same
    fault; custom_objects helps there, but raises in Keras 3.3 to 3.10.)
    reassigned: for a file that exists. Set the function on the layer again. A model that has
    already predicted keeps the old function until you also call
        model.make_predict_function(force=True)
Spot it:
        model.layers[-1].activation.__module__  # after load_model: Keras's own, or yours?
Evidence:
    No public thread known for the silent case: in ai2cm/fv3net#1536, with a class, loading failed
    with an error. Name lookup: measured on Keras 2.15 to 3.15.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "custom-relu-shadowed", "family": "restore",
    "tensorflow": ">=2.13", "seed": 0, "minutes": 10,
    "expect": {
        "restore_broken": "zeros",
        "restore_broken_custom_objects": [
            {"keras": ">=3", "verdict": "zeros", "why": "Built-in names are looked up first."},
            {"verdict": "match"}],
        "restore_fixed_registered": [
            {"keras": ">=2.21,<3", "verdict": "match", "why": "tf_keras 2.21 stores the package."},
            {"keras": "<3.7", "verdict": "zeros", "why": "The file says relu, without a package."},
            {"verdict": "match"}],
        "restore_fixed_reassigned": "match",
        "restore_fixed_unique_name": "match",
    },
    "saves": {"restore_fixed_registered": "save_registered",
              "restore_fixed_unique_name": "save_unique_name"},
    "hints": ["The restored weights are all equal. What else decides what a layer returns?",
              "Look at the activation of the last layer: in config.json, and on both models.",
              "Two functions are called relu. Which one does the name in the file mean?"],
}


def relu(x):  # leaky, against dying units
    return tf.maximum(0.3 * x, x)


def frost_relu(x):
    return relu(x)


def save(artifact, seed, activation=relu):
    inputs = np.random.default_rng(seed).uniform(-1, 1, size=(1024, 3)).astype("float32")
    celsius = inputs @ np.array([[3.0], [-2.0], [1.0]], "float32") - 20.0  # inside a cold store
    model = tf.keras.Sequential([
        tf.keras.Input((3,)), tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1, activation=activation)])
    model.compile(tf.keras.optimizers.SGD(0.05), "mse", run_eagerly=True)  # few steps: no tracing
    for _ in range(10):
        model.train_on_batch(inputs, celsius)
    model.save(os.path.join(artifact, "model.keras"))
    return inputs, model.predict_on_batch(inputs), model


def save_registered(artifact, seed):
    tf.keras.utils.register_keras_serializable(package="cold_store")(relu)
    return save(artifact, seed)


def save_unique_name(artifact, seed):
    return save(artifact, seed, frost_relu)


def restore_broken(artifact, custom_objects=None):
    model = tf.keras.models.load_model(os.path.join(artifact, "model.keras"), custom_objects)
    return model.predict_on_batch, model


def restore_broken_custom_objects(artifact):
    return restore_broken(artifact, {"relu": relu})


def restore_fixed_registered(artifact):  # save_registered registered the function too
    tf.keras.utils.register_keras_serializable(package="cold_store")(relu)
    return restore_broken(artifact)


def restore_fixed_reassigned(artifact):
    predict, model = restore_broken(artifact)
    model.layers[-1].activation = relu
    return predict, model


def restore_fixed_unique_name(artifact):  # save_unique_name saved under that name
    return restore_broken(artifact, {"frost_relu": frost_relu})
