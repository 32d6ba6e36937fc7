"""MultiHeadAttention inside a custom layer comes back from a SavedModel with random weights.

Symptom:
    After load_model with custom_objects the predictions are noise, which differs on each load.
    No error, no warning. Without custom_objects, or from .h5 and .keras files, the predictions are
    right.
Cause:
    If the class is given, Keras 2 makes the layer anew and pairs the stored weights with the
    weights that the layer has after build(). MultiHeadAttention creates its weights in its first
    call, not in build(). Its weights do not exist yet, so nothing is restored; the first call
    creates random weights. (A Dense inside the same custom layer is restored.)
Fix:
    load_weights: for a folder that exists. The folder holds the weights. Load them again after the
    first call of the layer. Leaving custom_objects out also works.
    keras_format: save as .keras.
Spot it:
    Load the folder twice. The weights must not differ:
        [np.abs(a - b).max() for a, b in zip(one.get_weights(), two.get_weights())]
Evidence:
    keras-team/keras#16796, tensorflow/tensorflow#56757 (attention within custom layers).
    Measured with this file: differs in TensorFlow 2.4, 2.10, 2.12, 2.15 and tf_keras 2.21.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "attention-not-restored", "family": "restore",
    "tensorflow": ">=2.4", "keras": "<3", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_load_weights": "match",
        "restore_fixed_keras_format": "match",
    },
    "hints": ["Load the model twice in one session. Are the two models equal?",
              "Which weights differ from the saved ones: those of Dense, or of the attention?",
              "When the weights are copied, has the attention been called?"],
}


class Attend(tf.keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attention = tf.keras.layers.MultiHeadAttention(num_heads=1, key_dim=4)

    def call(self, steps):
        return steps + self.attention(steps, steps)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    gait = rng.normal(size=(64, 6, 4)).astype("float32")  # six steps, four sensors in a shoe
    model = tf.keras.Sequential([
        tf.keras.Input((6, 4)), Attend(), tf.keras.layers.Flatten(), tf.keras.layers.Dense(1)])
    # Stands for training, which would have moved every weight away from its first value.
    # in place of a training
    model.set_weights([w + rng.normal(0, 0.5, w.shape) for w in model.get_weights()])
    model.save(os.path.join(artifact, "model"), save_format="tf")
    model.save(os.path.join(artifact, "model.keras"))
    return gait, model.predict_on_batch(gait), model


def restore_broken(artifact, name="model"):
    model = tf.keras.models.load_model(
        os.path.join(artifact, name), custom_objects={"Attend": Attend})
    return model.predict_on_batch, model


def restore_fixed_load_weights(artifact):
    predict, model = restore_broken(artifact)
    model.load_weights(os.path.join(artifact, "model", "variables", "variables"))
    return predict, model


def restore_fixed_keras_format(artifact):
    return restore_broken(artifact, "model.keras")
