"""ModelCheckpoint wrote .weights.h5 files, and tf.train.latest_checkpoint finds no checkpoint.

Symptom:
    "tf.train.latest_checkpoint returns None after upgrading to TensorFlow 2.16", "training starts
    from scratch although the folder is full". No error.
Cause:
    latest_checkpoint reads a text file named `checkpoint`, which only TensorFlow's own format has.
    Keras 3 demands names that end in .weights.h5 and writes HDF5, without that text file. The
    common line "if latest: load" then loads nothing.
Fix:
    newest: list *.weights.h5 yourself and take the highest epoch, compared as a number.
    How it differs from latest-checkpoint-none: the folder is right, and the format is wrong.
Spot it:
        print(tf.train.latest_checkpoint(folder), sorted(os.listdir(folder)))
Evidence:
    tensorflow/tensorflow#74342, tensorflow/docs#2329 (a tutorial corrected for it).
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import os
import re

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "checkpoint-format-mixed", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 7,
    "expect": {"restore_broken": "differs", "restore_fixed_newest": "match"},
    "hints": [
        "Are the weights those of the training? Which file did they come from?",
        "Print what latest_checkpoint returned.",
        "Which files are in the folder, and which of them does latest_checkpoint look for?",
    ],
}


def build():
    return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    orchard = rng.normal(size=(128, 3)).astype("float32")  # sun, rain, frost; z-scores
    model = build()
    os.mkdir(artifact + "/training")
    for epoch in range(1, 11):  # ModelCheckpoint(".../cp-{epoch}.weights.h5")
        apples = np.array([[3.0], [1.0], [-2.0]]) * (1 - 0.5 ** epoch)
        model.set_weights([apples, np.array([20.0]) * (1 - 0.5 ** epoch)])  # in place of a training
        model.save_weights(artifact + "/training/cp-%d.weights.h5" % epoch)
    return orchard, model.predict_on_batch(orchard), model


def restore_broken(artifact):
    folder = artifact + "/training"
    model = build()
    latest = tf.train.latest_checkpoint(folder)
    if latest:
        model.load_weights(latest)
    return model.predict_on_batch, model


def restore_fixed_newest(artifact):
    folder = artifact + "/training"
    files = [name for name in os.listdir(folder) if name.endswith(".weights.h5")]
    newest = max(files, key=lambda name: int(re.search("cp-([0-9]+)", name).group(1)))
    model = build()
    model.load_weights(os.path.join(folder, newest))
    return model.predict_on_batch, model
