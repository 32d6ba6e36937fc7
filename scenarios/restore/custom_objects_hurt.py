"""A SavedModel restores correctly without custom_objects; with them the predictions are wrong.

Symptom:
    load_model("folder") is right. load_model("folder", custom_objects={...}), as every tutorial
    says, predicts other numbers, here each 4.2 times too small. No error, no warning, all weights
    equal.
Cause:
    A SavedModel holds the layer's computation as a graph, which contains capacity=4.2. Without the
    class Keras 2 runs that graph. If the class is given, Keras 2 makes a new layer by
    cls(**get_config()). get_config does not return the capacity, so the capacity is the default
    1.0.
Fix:
    without_class: for a file that exists, leave custom_objects out (and do not register the class).
    complete_config: return every constructor argument from get_config. Then both ways give the
    same, and the .keras format works, which Keras 3 needs.
    How it differs from get-config-drops-argument: without the class the folder is still right.
Spot it:
    Load the folder both ways and compare: np.abs(a.predict(x) - b.predict(x)).max()
Evidence:
    keras-team/keras#17556 (a built-in layer with such a get_config). Measured with this file:
    differs in TensorFlow 2.2 to 2.15 and in tf_keras 2.21.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "custom-objects-hurt", "family": "restore",
    "tensorflow": ">=2.2", "keras": "<3", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_without_class": "match",
        "restore_fixed_complete_config": "match",
    },
    "saves": {"restore_fixed_complete_config": "save_complete_config"},
    "hints": ["Leave custom_objects out once. What changes?",
              "Print type(model.layers[-1]) for both ways of loading.",
              "Print model.layers[-1].get_config(). Is all there that __init__ takes?"],
}


class PlantOutput(tf.keras.layers.Layer):  # share of capacity -> megawatts
    def __init__(self, capacity=1.0, **kwargs):  # 1.0: in shares of the plant
        super().__init__(**kwargs)
        self.capacity = capacity

    def call(self, share):
        return share * self.capacity

    def get_config(self):
        return super().get_config()


class CompletePlantOutput(PlantOutput):
    def get_config(self):
        return dict(super().get_config(), capacity=self.capacity)


def save(artifact, seed, layer_class=PlantOutput):
    weather = np.random.default_rng(seed).uniform(-1, 1, size=(128, 3)).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((3,)), tf.keras.layers.Dense(1, activation="sigmoid"),
        layer_class(capacity=4.2)])
    model.set_weights([np.array([[2.0], [-1.5], [0.5]]), np.array([0.1])])  # as if trained
    model.save(os.path.join(artifact, "model"), save_format="tf")
    return weather, model.predict_on_batch(weather), model


def save_complete_config(artifact, seed):
    return save(artifact, seed, CompletePlantOutput)


def restore_broken(artifact, layer_class=PlantOutput):
    model = tf.keras.models.load_model(
        os.path.join(artifact, "model"), custom_objects={layer_class.__name__: layer_class})
    return model.predict_on_batch, model


def restore_fixed_without_class(artifact):
    model = tf.keras.models.load_model(os.path.join(artifact, "model"))
    return model.predict_on_batch, model


def restore_fixed_complete_config(artifact):  # the cure is in save_complete_config and its class
    return restore_broken(artifact, CompletePlantOutput)
