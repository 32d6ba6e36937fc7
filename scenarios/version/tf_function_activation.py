"""With activation=tf.nn.softmax the model saves, but Keras 3 cannot find the function at loading.

Symptom:
    TypeError: ... Could not locate function 'softmax_v2'. Make sure custom classes and functions
    are decorated with `@keras.saving.register_keras_serializable()`.
    The training script ran for years in Keras 2, and no line of it says "softmax_v2".
Cause:
    A file names the activation by the function's __name__, which is softmax_v2 for tf.nn.softmax.
    Keras 2 had this name, and Keras 3 has only its own names. In Keras 3.15 tf.nn.silu,
    tf.nn.crelu, tf.nn.log_softmax, tf.sin, tf.exp and tf.abs fail too. tf.nn.relu, tf.tanh and
    tf.nn.gelu load, because Keras has functions of the same names.
Fix:
    custom_objects: for a file that exists, map the name in the message to the function.
    named: for new models, activation="softmax" or tf.keras.activations.softmax.
Spot it:
        [(layer.name, layer.activation.__name__) for layer in model.layers
         if getattr(getattr(layer, "activation", None), "__module__", "").startswith("tensorflow")]
Evidence:
    Measured with this file: error in Keras 3.0 to 3.15, a match in 2.15 and tf_keras 2.21. The
    other functions: measured one by one in Keras 3.15.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tf-function-activation", "family": "version",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "softmax_v2",
             "why": "Keras 3 has no function of that name."},
            {"verdict": "match"}],
        "restore_fixed_custom_objects": "match",
        "restore_fixed_named": "match",
    },
    "saves": {"restore_fixed_named": "save_named"},
    "hints": ["The message names a function. Which one in the code could it be?",
              "Print tf.nn.softmax.__name__.",
              "load_model takes a dictionary from names to functions."],
}


def save(artifact, seed, activation=tf.nn.softmax):
    flowers = np.random.default_rng(seed).normal(size=(128, 2)).astype("float32")  # petals, sepals
    model = tf.keras.Sequential([
        tf.keras.Input((2,)), tf.keras.layers.Dense(3, activation=activation)])
    # Three species around the origin, as training would place them.
    # in place of a training
    model.layers[-1].set_weights([np.array([[2.0, -1.0, -1.0], [0.0, 1.7, -1.7]]), np.zeros(3)])
    model.save(os.path.join(artifact, "model.keras"))
    return flowers, model.predict_on_batch(flowers), model


def save_named(artifact, seed):
    return save(artifact, seed, "softmax")


def restore_broken(artifact, custom_objects=None):
    model = tf.keras.models.load_model(os.path.join(artifact, "model.keras"), custom_objects)
    return model.predict_on_batch, model


def restore_fixed_custom_objects(artifact):
    return restore_broken(artifact, {"softmax_v2": tf.nn.softmax})


def restore_fixed_named(artifact):  # the cure is in save_named
    return restore_broken(artifact)
