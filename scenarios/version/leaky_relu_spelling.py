"""Keras 3 rejects activation="LeakyReLU", slope 0.3; "leaky_relu" is accepted, with slope 0.2.

Symptom:
    ValueError: Could not interpret activation function identifier: LeakyReLU
    Spelled "leaky_relu" the code runs, the weights load, and "accuracy dropped after the upgrade".
Cause:
    Two functions have nearly one name. LeakyReLU is a layer with slope 0.3 by default. Keras 2 made
    such a layer from the string. leaky_relu is a function (tf.nn.leaky_relu) with slope 0.2 by
    default. Swapping them makes negative outputs a third smaller, in Keras 2 as well.
Fix:
    own_slope: write the slope into the code. Then the slope is the same in every release.
    LeakyReLU() as a layer of its own also keeps 0.3.
Spot it:
        tf.keras.layers.LeakyReLU()(tf.constant([-1.0])), tf.nn.leaky_relu(tf.constant([-1.0]))
    The outputs are [-0.3] and [-0.2]. Compare with the name in the code that trained.
Evidence:
    Dobiasd/frugally-deep#446 (0.3 taken for 0.2). Measured with this file: off by up to 0.74, where
    predictions spread by 0.91 (TensorFlow 2.10 to 2.21, and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "leaky-relu-spelling",
    "family": "version",
    "tensorflow": ">=2.6",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "leaky_relu_spelling"},
    "seed": 0,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_old_spelling": [
            {"keras": ">=3", "verdict": "error", "raises": "identifier: LeakyReLU"},
            {"verdict": "match"}],
        "restore_fixed_own_slope": "match",
    },
    "minutes": 5,
    "hints": [
        "The weights are equal to the last bit. Which part of the layer was rewritten?",
        "What does each of the two give for -1.0?",
        "Both have a default slope. Name the one that trained: tf.nn.leaky_relu(x, alpha=...).",
    ],
}


def build(activation):
    return tf.keras.Sequential([
        tf.keras.Input((5,)),
        tf.keras.layers.Dense(16, activation=activation),
        tf.keras.layers.Dense(16, activation=activation),
        tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    wine = rng.normal(size=(256, 5)).astype("float32")  # acid, sugar, sulphates, ...; z-scores
    quality = np.tanh(wine @ rng.normal(size=(5, 1))) - np.abs(wine[:, :1])
    model = build("LeakyReLU")
    model.compile(tf.keras.optimizers.Adam(0.01), "mse")
    model.fit(wine, quality, epochs=20, verbose=0)
    model.save_weights(artifact + "/weights.h5")
    return wine[:64], model.predict_on_batch(wine[:64]), model


def restore_broken(artifact, activation="leaky_relu"):
    model = build(activation)
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_old_spelling(artifact):
    return restore_broken(artifact, "LeakyReLU")


def restore_fixed_own_slope(artifact):
    return restore_broken(artifact, lambda x: tf.nn.leaky_relu(x, alpha=0.3))
