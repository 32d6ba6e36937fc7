"""get_config leaves out an argument: the restored layer gets the default of that argument.

Symptom:
    No error and no warning. The predictions are others after load_model, although custom_objects
    was passed and every weight is equal to the trained one. Here megawatts come back as shares of
    the capacity, each 4.2 times too small. With a default of 0.0 every prediction would be 0.
Cause:
    load_model rebuilds a layer as cls(**get_config()). `capacity` is missing there. The argument
    has a default, so no error is raised, and the layer has capacity=1.0. The capacity is no weight,
    so nothing restores it later. The weights are right; the function changed.
Fix:
    complete_config: get_config returns every constructor argument. (Or write no get_config at all:
    in .keras files TF 2.15 and Keras 3 record plain arguments such as numbers themselves.) Better
    still, give a required argument no default: then its loss raises an error.
    supplied: for a file that exists. The file lacks the value, so you must supply it. A model that
    has already predicted keeps the old value until you also call
        model.make_predict_function(force=True)
    How it differs from custom-objects-hurt: there the folder also holds the graph with the value.
Spot it:
    Arguments of the constructor that get_config does not return:
        set(inspect.signature(PlantOutput).parameters) - set(layer.get_config()) - {"kwargs"}
Evidence:
    Lost fields: keras-team/keras#1927, keras-team/keras#6642, keras-team/keras#4871 (there a
    required argument, so an error).
"""
import os

import numpy as np
import tensorflow as tf

CAPACITY = 4.2  # megawatts of the solar plant

SCENARIO = {
    "id": "get-config-drops-argument", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_complete_config": "match",
        "restore_fixed_supplied": "match",
    },
    "saves": {"restore_fixed_complete_config": "save_complete_config"},
    "hints": ["All weights are equal. What does the last layer need besides weights?",
              "Print vars(model.layers[-1]) before saving and after loading, and compare.",
              "Compare the arguments of __init__ with the keys that get_config returns."],
}


class PlantOutput(tf.keras.layers.Layer):  # share of capacity -> megawatts
    def __init__(self, line_loss=0.0, capacity=1.0, **kwargs):
        super().__init__(**kwargs)
        self.line_loss = line_loss
        self.capacity = capacity  # 1.0: per unit, in shares of the plant

    def call(self, share):
        return share * self.capacity * (1.0 - self.line_loss)

    def get_config(self):
        return dict(super().get_config(), line_loss=self.line_loss)


class CompletePlantOutput(PlantOutput):
    def get_config(self):
        return dict(super().get_config(), capacity=self.capacity)


def save(artifact, seed, layer_class=PlantOutput):
    weather = np.random.default_rng(seed).uniform(-1, 1, size=(2048, 3)).astype("float32")
    logit = weather @ np.array([[2.0], [-1.5], [0.5]], "float32")
    model = tf.keras.Sequential([
        tf.keras.Input((3,)), tf.keras.layers.Dense(1, activation="sigmoid"),
        layer_class(line_loss=0.08, capacity=CAPACITY)])
    model.compile(tf.keras.optimizers.SGD(0.1), "mse", run_eagerly=True)  # few steps: no tracing
    for _ in range(8):
        model.train_on_batch(weather, 3.9 / (1 + np.exp(-logit)))
    model.save(os.path.join(artifact, "model.keras"))
    return weather, model.predict_on_batch(weather), model


def save_complete_config(artifact, seed):
    return save(artifact, seed, CompletePlantOutput)


def restore_broken(artifact, layer_class=PlantOutput):
    model = tf.keras.models.load_model(
        os.path.join(artifact, "model.keras"), {layer_class.__name__: layer_class})
    return model.predict_on_batch, model


def restore_fixed_complete_config(artifact):  # the cure is in save_complete_config and its class
    return restore_broken(artifact, CompletePlantOutput)


def restore_fixed_supplied(artifact):
    predict, model = restore_broken(artifact)
    model.layers[-1].capacity = CAPACITY  # too little after a predict: see Fix
    return predict, model
