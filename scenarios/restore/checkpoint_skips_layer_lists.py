"""In Keras 3 tf.train.Checkpoint skips layers in a list or dict, without a warning.

Symptom:
    "Random predictions after tf.train.Checkpoint.restore", no error, no warning. Neither
    assert_consumed() nor assert_existing_objects_matched() raises. With TF 2.15 the predictions
    were right.
Cause:
    self.blocks = [Dense(16), ...]. TensorFlow follows an object's attributes from one tracked
    object to the next. Keras 3 replaces your list by its own list, which TensorFlow does not track,
    so the layers in the list are not written. Restoring skips the same layers, so nothing is
    missing by TensorFlow's count. model.weights and model.save() of Keras include these layers.
Fix:
    weights_file: model.save_weights("x.weights.h5") and load_weights, or a .keras file.
    tuple: to stay with tf.train.Checkpoint, keep the layers in a tuple (or one attribute each).
    Keras does not replace a tuple, and TensorFlow tracks it. This changes saving only. A checkpoint
    that lacks the layers cannot be repaired.
Spot it:
        sum("VARIABLE_VALUE" in name for name, _ in tf.train.list_variables(path))
    If the number is below len(model.weights), weights are lost. Here 3 of 8, save_counter included.
Evidence:
    keras-team/keras#18398; its change, keras-team/keras#18507, has tests for SavedModel alone.
    tensorflow/tensorflow#19250 (the same, before TensorFlow 1 tracked lists). Measured with this
    file: differs in Keras 3.0.5, 3.6.0 and 3.15.1; match in 2.15.0 and tf_keras 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "checkpoint-skips-layer-lists",
    "family": "restore",
    "tensorflow": ">=2.0",
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "differs", "why": "TensorFlow does not track its lists."},
            {"verdict": "match"}],
        "restore_fixed_weights_file": "match",
        "restore_fixed_tuple": "match",
    },
    "saves": {"restore_fixed_tuple": "save_tuple"},
    "minutes": 8,
    "hints": [
        "Compare the weights before and after restore(), layer by layer. Which of them changed?",
        "tf.train.list_variables(path) shows what was written. Count.",
        "The missing layers have one thing in common: where the model keeps them.",
    ],
}


class Blocks(tf.keras.Model):
    def __init__(self, container=list, **kwargs):
        super().__init__(**kwargs)
        self.blocks = container(tf.keras.layers.Dense(16, activation="tanh") for _ in range(3))
        self.head = tf.keras.layers.Dense(1)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def save(artifact, seed, container=list):
    rng = np.random.default_rng(seed)
    swarm = rng.normal(size=(64, 4)).astype("float32")  # weight, warmth, hum, flights: z-scores
    model = Blocks(container)
    model(swarm)  # creates the weights; random ones stand for trained ones
    # in place of a training
    model.set_weights([rng.normal(scale=0.5, size=each.shape) for each in model.get_weights()])
    tf.train.Checkpoint(model=model).save(artifact + "/ckpt")
    model.save_weights(artifact + "/model.weights.h5")
    return swarm, model(swarm).numpy(), model


def save_tuple(artifact, seed):
    return save(artifact, seed, tuple)


def restore_broken(artifact, container=list):
    model = Blocks(container)
    model(tf.zeros((1, 4)))
    tf.train.Checkpoint(model=model).restore(artifact + "/ckpt-1").assert_consumed()
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_weights_file(artifact):
    model = Blocks()
    model(tf.zeros((1, 4)))
    model.load_weights(artifact + "/model.weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_tuple(artifact):  # the cure is in save_tuple: a tuple
    return restore_broken(artifact, tuple)
