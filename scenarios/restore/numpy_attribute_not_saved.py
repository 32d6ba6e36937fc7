"""A custom layer keeps the result of adapt() in a plain attribute, which no file holds.

Symptom:
    After load_model all predictions are wrong by the same amount, here by 100 m3/s. No error, no
    warning, weights equal. In the process that trained, the model predicted correctly.
Cause:
    Keras saves weights and the return value of get_config. self.mean is neither. A float or numpy
    array on a layer exists only in Python, and the new object starts with the 0.0 of __init__.
Fix:
    weight: add_weight(trainable=False) and assign. A weight is saved, restored and listed.
    config: return the numbers from get_config. Both change saving only. For a file that exists,
    call adapt() again on the training data. If the model has already predicted, also call
        model.make_predict_function(force=True)
    How it differs from raw-tf-variable: a plain attribute is lost in Keras 2 as well.
Spot it:
        {k: v for k, v in vars(layer).items() if isinstance(v, (int, float, np.ndarray))}
    Learned values in this dict are lost on saving, unless layer.get_config() has the same keys.
Evidence:
    tensorflow/tensorflow#47910 (a list that adapt() computed); keras-team/keras#13872 (not read by
    us). Measured with this file: differs in Keras 2.15 and 3.0 to 3.15.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "numpy-attribute-not-saved", "family": "restore",
    "tensorflow": ">=2.11", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_weight": "match",
        "restore_fixed_config": "match",
    },
    "saves": {"restore_fixed_weight": "save_weight", "restore_fixed_config": "save_config"},
    "hints": ["All weights are equal. Subtract the predictions from the reference: what is left?",
              "Print vars(model.layers[0]) before saving and after loading, and compare.",
              "Dense has its kernel from add_weight. Where does Centre have its mean from?"],
}


class Centre(tf.keras.layers.Layer):
    def __init__(self, mean=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mean = np.asarray(mean, "float32")

    def adapt(self, readings):
        self.mean = readings.mean(axis=0)

    def call(self, readings):
        return readings - self.mean


class CentreInWeight(Centre):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean = self.add_weight(
            name="mean", shape=(2,), initializer="zeros", trainable=False)

    def adapt(self, readings):
        self.mean.assign(readings.mean(axis=0))


class CentreInConfig(Centre):
    def get_config(self):
        return dict(super().get_config(), mean=self.mean.tolist())


def save(artifact, seed, layer_class=Centre):
    rng = np.random.default_rng(seed)
    gauges = rng.normal([310, 85], [60, 20], size=(256, 2)).astype("float32")  # cm, mm of rain
    centre = layer_class()
    centre.adapt(gauges)
    model = tf.keras.Sequential([tf.keras.Input((2,)), centre, tf.keras.layers.Dense(1)])
    # What training finds: m3/s of the river per cm and mm, and its mean discharge.
    model.layers[-1].set_weights([np.array([[0.3], [0.1]]), np.array([140.0])])
    model.save(os.path.join(artifact, "model.keras"))
    return gauges, model.predict_on_batch(gauges), model


def save_weight(artifact, seed):
    return save(artifact, seed, CentreInWeight)


def save_config(artifact, seed):
    return save(artifact, seed, CentreInConfig)


def restore_broken(artifact, layer_class=Centre):
    model = tf.keras.models.load_model(
        os.path.join(artifact, "model.keras"), {layer_class.__name__: layer_class})
    return model.predict_on_batch, model


def restore_fixed_weight(artifact):  # the cure is in save_weight and its class
    return restore_broken(artifact, CentreInWeight)


def restore_fixed_config(artifact):  # the cure is in save_config and its class
    return restore_broken(artifact, CentreInConfig)
