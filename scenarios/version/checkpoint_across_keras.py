"""A tf.train.Checkpoint written with Keras 2 restores nothing in Keras 3, without any warning.

Symptom:
    "Predictions are random after upgrading to TensorFlow 2.16, tf.train.Checkpoint restores without
    an error". Same code, same files, the right keyword. The model predicts as if untrained.
Cause:
    A checkpoint stores values under the path of attributes from the keyword to the variable. Keras
    2 wrote model/layer_with_weights-0/kernel, and Keras 3 looks for
    model/_functional/_operations/1/_kernel. No path matches, the model keeps its initial values,
    and restore() raises no error.
Fix:
    by_name: read the arrays with tf.train.load_checkpoint and set them layer by layer.
    Or restore in the old release, or with tf_keras (TF_USE_LEGACY_KERAS=1), and save again as
    .weights.h5. Both read the file as before: there the broken path matches.
    In every case end a restore with assert_existing_objects_matched(), which raises an error here.
    How it differs from checkpoint-wrong-root: the keyword is right, and the paths below it changed.
Spot it:
        "layer_with_weights" in str(tf.train.list_variables(path))  # True: written by Keras 2
Evidence:
    Measured with this file, written by TensorFlow 2.15.0: differs on Keras 3.0.5, 3.4.1, 3.6.0,
    3.11.3 and 3.15.1; match on 2.15.0 and tf_keras 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "checkpoint-across-keras",
    "family": "version",
    "tensorflow": ">=2.1",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "checkpoint_across_keras"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "differs", "why": "Keras 3 gives the values other names."},
            {"verdict": "match"}],
        "restore_broken_asserted": [
            {"keras": ">=3", "verdict": "error", "raises": "not bound to checkpointed values",
             "why": "Keras 3 gives the values other names."},
            {"verdict": "match"}],
        "restore_fixed_by_name": "match",
    },
    "minutes": 8,
    "hints": [
        "Compare the weights of the restored model with those in the file. Did any arrive?",
        "Print tf.train.list_variables(path), then save a checkpoint here and print its names.",
        "tf.train.load_checkpoint(path).get_tensor(name) reads one array, whatever its name.",
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
    sea = rng.normal(size=(64, 3)).astype("float32")  # swell, wind, current: z-scores
    fuel = 30 + 6 * sea[:, :1] + 9 * np.tanh(sea[:, 1:2]) - 4 * sea[:, 2:]  # tonnes a day
    model = build()
    model.layers[0].set_weights([0.7 * rng.normal(size=(3, 8)), rng.normal(size=8)])
    hidden = np.column_stack([model.layers[0](sea), np.ones(len(sea))])
    head = np.linalg.lstsq(hidden, fuel, rcond=None)[0]  # in place of a training
    model.layers[1].set_weights([head[:-1], head[-1]])
    tf.train.Checkpoint(model=model).save(artifact + "/ckpt")
    return sea, model(sea).numpy(), model


def restore_broken(artifact):
    model = build()
    tf.train.Checkpoint(model=model).restore(artifact + "/ckpt-1")
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_asserted(artifact):  # not cured, but no longer silent
    model = build()
    checkpoint = tf.train.Checkpoint(model=model)
    checkpoint.restore(artifact + "/ckpt-1").assert_existing_objects_matched()
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_by_name(artifact):
    model = build()
    stored = tf.train.load_checkpoint(artifact + "/ckpt-1")
    name = "model/layer_with_weights-%d/%s/.ATTRIBUTES/VARIABLE_VALUE"
    for number, layer in enumerate(model.layers):  # all of these have weights
        layer.set_weights([stored.get_tensor(name % (number, part)) for part in ("kernel", "bias")])
    return lambda inputs: model(inputs).numpy(), model
