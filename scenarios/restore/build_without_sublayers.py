"""build() of a subclassed model leaves its layers unbuilt: load_model restores none of them.

Symptom:
    load_model of a .keras file gives an untrained model: other predictions in each process, no
    error, no warning. In Keras 2 the same code restored the model correctly.
Cause:
    load_model creates the object, calls build(), then fills in weights. In Keras 2 super().build()
    ran call() and so built all layers. In Keras 3 super().build() does nothing if the class
    overrides build: no weights exist when the file is read. Keras drops each layer's error ("was
    never built") when Keras finds the layer again under model.layers, where the file has nothing.
    The first predict then creates random weights. (The same happens for a call() with two inputs,
    but with a warning: "cannot be built automatically".)
Fix:
    The file holds the weights, and all three cures read it. no_build: delete a build() that only
    calls super().build(). Keras then runs call() itself.
    sublayers_built: if you need build(), build each layer in it (and the parts of nested layers).
    called_first: create and call the model in code, then call load_weights on the archive.
Spot it:
        len(model.weights)  # straight after load_model, before any prediction: 0
Evidence:
    keras-team/keras#19229, keras-team/keras#18875. Measured: differs in Keras 3.0 to 3.15, not 2.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "build-without-sublayers", "family": "restore",
    "tensorflow": ">=2.13", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "differs", "why": "super().build() builds no layers."},
            {"verdict": "match"}],
        "restore_fixed_no_build": "match",
        "restore_fixed_sublayers_built": "match",
        "restore_fixed_called_first": "match",
    },
    "hints": ["Load the model twice. Are its weights the same each time?",
              "Count model.weights straight after load_model, and again after one prediction.",
              "When load_model reads the weights, which call has created the variables for them?"],
}


class BasicDemand(tf.keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = tf.keras.layers.Dense(16, activation="tanh")
        self.head = tf.keras.layers.Dense(1)

    def call(self, weather):
        return self.head(self.hidden(weather))


class Demand(BasicDemand):
    def build(self, input_shape):
        super().build(input_shape)


class BuiltDemand(BasicDemand):
    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.head.build((None, 16))
        self.built = True


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=(256, 3)).astype("float32")
    megawatts = 60 + 9 * np.cos(weather[:, :1]) - 4 * weather[:, 1:2]
    model = Demand()
    model(weather)
    model.hidden.set_weights([rng.normal(size=(3, 16)), rng.normal(size=16)])
    # The best head over this hidden layer: what training would find.
    features = np.column_stack([model.hidden(weather), np.ones(len(weather))])
    weights = np.linalg.lstsq(features, megawatts, rcond=None)[0]  # in place of a training
    model.head.set_weights([weights[:-1], weights[-1]])
    model.save(os.path.join(artifact, "model.keras"))
    return weather, model.predict_on_batch(weather), model


def restore_broken(artifact, model_class=Demand):
    model = tf.keras.models.load_model(
        os.path.join(artifact, "model.keras"), custom_objects={"Demand": model_class})
    return model.predict_on_batch, model


def restore_fixed_no_build(artifact):
    return restore_broken(artifact, BasicDemand)


def restore_fixed_sublayers_built(artifact):
    return restore_broken(artifact, BuiltDemand)


def restore_fixed_called_first(artifact):
    model = Demand()
    model(np.zeros((1, 3), "float32"))
    model.load_weights(os.path.join(artifact, "model.keras"))
    return model.predict_on_batch, model
