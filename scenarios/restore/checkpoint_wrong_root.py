"""tf.train.Checkpoint restores under another keyword, matches nothing, and gives no warning.

Symptom:
    "Predictions are random after tf.train.Checkpoint.restore". The path is right and the files are
    there. No error and no warning: the model predicts as if untrained.
Cause:
    A checkpoint stores its values under the names of Python attributes, beginning with the keywords
    given to tf.train.Checkpoint. Training wrote Checkpoint(model=...), the reader asks for net=...,
    so no value matches. Every variable keeps its initial value, and expect_partial() turns the
    warnings off.
Fix:
    same_keyword: build the Checkpoint with the keyword that was used for saving, and end with
    assert_existing_objects_matched() in place of expect_partial(). This check accepts unused values
    of the training (optimizer, step), and raises if a variable of the model received nothing.
Spot it:
    The first part of each name in the file must be one of your keywords:
        {name.split("/")[0] for name, shape in tf.train.list_variables(path)}
Evidence:
    No public thread known. tensorflow/tensorflow#30942 has the symptom ("output is random") with
    the same keyword on both sides.
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "checkpoint-wrong-root", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_asserted": [
            {"verdict": "error", "raises": "not bound to checkpointed values"}],
        "restore_fixed_same_keyword": "match",
    },
    "hints": [
        "Compare the weights of the restored model with the trained ones. Did any arrive?",
        "restore() returns a status. What does its assert_existing_objects_matched() say?",
        "tf.train.list_variables(path) prints the names in the file. Where does each begin?",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=(128, 3)).astype("float32")  # temperature, wind, sun: z-scores
    demand = 60 - 14 * weather[:, :1] + 5 * np.tanh(weather[:, 1:2])  # megawatts of heat
    model = build()
    train(model, rng, weather, demand)
    tf.train.Checkpoint(model=model, step=tf.Variable(1000)).save(artifact + "/ckpt")
    return weather, model(weather).numpy(), model


def restore_broken(artifact):
    model = build()
    checkpoint = tf.train.Checkpoint(net=model)
    checkpoint.restore(artifact + "/ckpt-1").expect_partial()
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_asserted(artifact):  # not cured, but no longer silent
    model = build()
    checkpoint = tf.train.Checkpoint(net=model)
    checkpoint.restore(artifact + "/ckpt-1").assert_existing_objects_matched()
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_same_keyword(artifact):
    model = build()
    checkpoint = tf.train.Checkpoint(model=model)
    checkpoint.restore(artifact + "/ckpt-1").assert_existing_objects_matched()
    return lambda inputs: model(inputs).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: a random hidden layer, the best head
    model.layers[0].set_weights([0.7 * rng.normal(size=(3, 8)), rng.normal(size=8)])
    features = np.column_stack([model.layers[0](inputs), np.ones(len(inputs))])
    weights = np.linalg.lstsq(features, targets, rcond=None)[0]
    model.layers[1].set_weights([weights[:-1], weights[-1]])
