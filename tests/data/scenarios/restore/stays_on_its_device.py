"""A model whose variable lives on another device than the one it was restored on.

Symptom:
    A copy at every call.
Cause:
    An explicit tf.device in the user's code.
Fix:
    The fixed path does without.
Spot it:
    Print the variable's device.
Evidence:
    tests/workers.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "stays-on-its-device", "family": "restore",
    "tensorflow": ">=2.4",
    "expect": {"restore_broken": "match", "restore_fixed_without_fault": "match"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


class Linear(tf.Module):
    def __init__(self, weights):
        self.kernel = tf.Variable(weights)

    def predict(self, inputs):
        return tf.matmul(tf.constant(inputs), self.kernel)


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    with tf.device("/CPU:0"):
        model = Linear(np.load(artifact + "/weights.npy"))
    return model.predict, model


def restore_fixed_without_fault(artifact):
    model = Linear(np.load(artifact + "/weights.npy"))
    return model.predict, model
