"""Loading warns that a custom layer was built without its inner layers, but all weights arrive.

Symptom:
    "UserWarning: `build()` was called on layer 'residual', however the layer does not have a
    `build()` method implemented and it looks like it has unbuilt state ... which may cause
    failures down the line" from load_model. The training gave no warning for this layer.
Cause:
    In training the first call built the inner Dense layers. Loading calls build() on the outer
    layer before anything is called. The outer layer has no build() of its own, so Keras warns that
    the inner layers may stay empty. Then Keras calls the whole model on symbolic inputs. This call
    builds the inner layers, and Keras reads the weights only after it.
Fix:
    Nothing is lost. To remove the warning write the method:
        def build(self, shape): self.inner.build(shape); self.outer.build(shape); self.built = True
Spot it:
    Count the weights directly after load_model, before any prediction: all 6 are there. In the real
    failure, a subclassed model whose own build() leaves its layers out, the count is 0 and there is
    no warning (scenario build-without-sublayers). In another layer, load_model fails.
        len(model.weights)
Evidence:
    keras-team/keras#20729, keras-team/keras-hub#3038, mindee/doctr#1637 (the same warning).
    Measured with this file: weights equal and a match on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "unbuilt-layer-warning",
    "family": "restore",
    "tensorflow": ">=2.16",
    "keras": ">=3",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "the layer does not have a `build()` method implemented and it looks like it has "
             "unbuilt state",
    "minutes": 6,
    "hints": [
        "The warning says what may happen. Did it?",
        "Compare model.get_weights() with what was saved.",
        "When are the inner Dense layers built: before or after the weights are read?",
    ],
}


class Residual(tf.keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = tf.keras.layers.Dense(units, activation="relu")
        self.outer = tf.keras.layers.Dense(units)

    def call(self, inputs):
        return inputs + self.outer(self.inner(inputs))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(64, 6)).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((6,)), Residual(6), tf.keras.layers.Dense(1),
    ])
    # Any weights will do in place of the trained ones.
    # in place of a training
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    model.save(artifact + "/model.keras")
    return inputs, model.predict_on_batch(inputs), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", {"Residual": Residual})
    return model.predict_on_batch, model
