"""An attribute set after the first predict is ignored: predict still uses the old value.

Symptom:
    All predictions are wrong by the same factor although model.layers[-1].gain shows the right
    number. model(x) is right and model.predict(x) is wrong, with the same weights. A batch of
    another size may be right again.
Cause:
    The first predict compiles call() into a graph for its batch shape. TensorFlow reads a Python
    number at that moment and writes it into the graph as a constant. A warm-up at start-up is such
    a first call: the gain of that moment, 1.0, stays in the graph. A later change of the attribute
    changes no graph.
Fix:
    compiled_again: call make_predict_function(force=True) after every such change, or set the
    attribute before the first predict.
    weight: put a value that may change into a weight (add_weight, trainable=False). A graph reads a
    weight anew on every call, so assign() takes effect at once.
    How it differs from traced-call-keeps-first-weights: a Python number is frozen, not the weights.
Spot it:
        np.abs(model(x).numpy() - model.predict(x)).max()  # far above rounding: something is frozen
Evidence:
    tensorflow/tensorflow#39583 (a comment: evaluate goes on with the attribute's first value).
    Measured with this file: differs in TensorFlow 2.6 to 2.21.
"""
import os

import numpy as np
import tensorflow as tf

BATCH = 64

SCENARIO = {
    "id": "attribute-frozen-in-graph", "family": "restore",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_compiled_again": "match",
        "restore_fixed_weight": "match",
    },
    "saves": {"restore_fixed_weight": "save_weight"},
    "dose": {"path": "restore_broken", "of": "the gain, 4.2 in the end, at the first predict",
             "values": [1, 2, 3, 4, 4.2]},
    "hints": ["The gain is set. Is it used? Compare model(x) with model.predict(x).",
              "How often does call() run? Put a print into it and predict twice.",
              "What runs the second time was compiled the first time. What was the gain then?"],
}


class Calibrate(tf.keras.layers.Layer):  # volts -> bar, another gain for each device
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.gain = 1.0  # until calibrated

    def set_gain(self, gain):
        self.gain = gain

    def call(self, volts):
        return volts * self.gain


class CalibrateByWeight(Calibrate):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones", trainable=False)

    def set_gain(self, gain):
        self.gain.assign(gain)


def save(artifact, seed, layer_class=Calibrate):
    signals = np.random.default_rng(seed).normal(size=(BATCH, 3)).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((3,)), tf.keras.layers.Dense(1), layer_class()])
    model.layers[0].set_weights([np.array([[0.8], [0.3], [-0.1]]), np.array([2.0])])  # trained
    model.layers[-1].set_gain(4.2)
    model.save(os.path.join(artifact, "model.keras"))
    np.save(os.path.join(artifact, "calibration.npy"), 4.2)
    return signals, model.predict_on_batch(signals), model


def save_weight(artifact, seed):
    return save(artifact, seed, CalibrateByWeight)


def restore_broken(artifact, dose=1, layer_class=Calibrate):
    model = tf.keras.models.load_model(
        os.path.join(artifact, "model.keras"), {layer_class.__name__: layer_class})
    model.layers[-1].set_gain(dose)  # a new device: 1
    model.predict_on_batch(np.zeros((BATCH, 3), "float32"))  # warm up: the first call is slow
    model.layers[-1].set_gain(np.load(os.path.join(artifact, "calibration.npy")))
    return model.predict_on_batch, model


def restore_fixed_compiled_again(artifact):
    predict, model = restore_broken(artifact)
    model.make_predict_function(force=True)
    return predict, model


def restore_fixed_weight(artifact):  # the cure is in save_weight and its class
    return restore_broken(artifact, layer_class=CalibrateByWeight)
