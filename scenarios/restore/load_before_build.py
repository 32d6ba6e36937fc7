"""load_weights on a subclassed model that was never called: no weights exist yet to load into.

Symptom:
    Keras 2: ValueError: Layer 'dense' expected 0 variables, but received 2 variables during loading
    Keras 3 up to 3.6: no error, no warning, and predictions as of an untrained model.
    Newer: ValueError: You are loading weights into a model that has not yet been built. Try
    building the model first by calling it on some data or by using `build()`.
Cause:
    A subclassed model creates its weights when it gets its first input. Before that, load_weights
    finds no weights to fill. Old Keras 3 drops the error, and the first predict then creates random
    weights. build(), the second advice in the message, has the same effect: in Keras 3 build() only
    marks such a model as built (a UserWarning says so), and load_weights then raises no error.
Fix:
    called: call the model once on anything of the right shape, then load. This works in every
    Keras. A Sequential with an Input, and every functional model, has its weights from the start.
    How it differs from build-without-sublayers: here load_weights is used, there load_model.
Spot it:
        len(model.weights)  # just before load_weights: 0
Evidence:
    tensorflow/tensorflow#44240; keras-team/keras#20530 made it loud.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "load-before-build", "family": "restore",
    "tensorflow": ">=2.12", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"keras": "<3", "verdict": "error", "raises": "expected 0 variables, but received 2",
             "why": "Keras 2 checks each layer."},
            {"keras": "<3.7", "verdict": "differs", "why": "Failures are dropped in silence."},
            {"verdict": "error", "raises": "loading weights into a model that has not yet been",
             "why": "Keras checks model.built first."}],
        "restore_broken_build": [
            {"keras": ">=3", "verdict": "differs", "why": "build() builds no layers."},
            {"verdict": "match"}],
        "restore_fixed_called": "match",
    },
    "hints": ["What does len(model.weights) say before load_weights, and after?",
              "Dense(16) has its output size. Where does the size of its input come from?",
              "Call the model on one row of weather before it loads."],
}


class Demand(tf.keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = tf.keras.layers.Dense(16, activation="tanh")
        self.head = tf.keras.layers.Dense(1)

    def call(self, weather):
        return self.head(self.hidden(weather))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=(256, 3)).astype("float32")
    megawatts = 60 + 9 * np.cos(weather[:, :1]) - 4 * weather[:, 1:2]
    model = Demand()
    model(weather)
    train(model, rng, weather, megawatts)
    predictions = model(weather).numpy()
    model.save_weights(os.path.join(artifact, "demand.weights.h5"))
    return weather, predictions, model


def restore_broken(artifact):
    model = Demand()
    model.load_weights(os.path.join(artifact, "demand.weights.h5"))
    return lambda weather: model(weather).numpy(), model


def restore_broken_build(artifact):
    model = Demand()
    model.build((None, 3))
    model.load_weights(os.path.join(artifact, "demand.weights.h5"))
    return lambda weather: model(weather).numpy(), model


def restore_fixed_called(artifact):
    model = Demand()
    model(np.zeros((1, 3), "float32"))
    model.load_weights(os.path.join(artifact, "demand.weights.h5"))
    return lambda weather: model(weather).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: a random hidden layer, the best head
    model.hidden.set_weights([rng.normal(size=(3, 16)), rng.normal(size=16)])
    features = np.column_stack([model.hidden(inputs), np.ones(len(inputs))])
    weights = np.linalg.lstsq(features, targets, rcond=None)[0]
    model.head.set_weights([weights[:-1], weights[-1]])
