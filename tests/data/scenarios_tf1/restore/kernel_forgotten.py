"""A restored dense layer is rebuilt and its weights are never loaded: it predicts zeros.

Symptom:
    All zeros.
Cause:
    The kernel keeps its initial value.
Fix:
    loaded_weights: load them.
Spot it:
    Print the kernel.
Evidence:
    tests/integration.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "kernel-forgotten", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "zeros", "restore_fixed_loaded_weights": "match"},
    "minutes": 1,
    "hints": ["A nudge.", "Where to look.", "Nearly the answer."],
}


def build():
    return tf.keras.Sequential([
        tf.keras.layers.Dense(2, kernel_initializer="zeros", input_shape=(4,)),
    ])


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    model = build()
    model.compile("sgd", "mse")
    model.fit(inputs, inputs[:, :2], epochs=3, verbose=0)
    model.save_weights(artifact + "/kernel.weights.h5")
    return inputs, model.predict_on_batch(inputs), model


def restore_broken(artifact):
    model = build()
    return model.predict_on_batch, model


def restore_fixed_loaded_weights(artifact):
    model = build()
    model.load_weights(artifact + "/kernel.weights.h5")
    return model.predict_on_batch, model
