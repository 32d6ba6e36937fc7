"""model.save("model.keras") wrote HDF5 until TensorFlow 2.12: Keras 3 says "File not found".

Symptom:
    ValueError: File not found: filepath=.../model.keras. Please ensure the file is an accessible
    `.keras` zip file.
    But the file is there, is readable, and is not empty.
Cause:
    Until TensorFlow 2.12 .keras was one of the names for HDF5. Since 2.13 it is a zip archive.
    Keras 3 decides by the name, finds no archive in the file, and reports the wrong reason.
Fix:
    renamed: give the file the suffix .h5 and load it. tf_keras and Keras 2 look into the file, and
    load it without renaming.
Spot it:
        open("model.keras", "rb").read(4)  # b'PK\\x03\\x04': a zip archive. b'\\x89HDF': rename it
Evidence:
    keras-team/keras#20259 and keras-team/tf-keras#780 (the message).
"""
import os
import shutil

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "keras-name-hdf5-inside",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files in TensorFlow 2.12.0
    "artifact": {"writer": "2.12.0", "folder": "keras_name_hdf5_inside"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "File not found"},
            {"verdict": "match"}],
        "restore_fixed_renamed": "match",
    },
    "minutes": 5,
    "hints": [
        "Is the file there? Then which part of the message is true?",
        "What are the file's first four bytes? A zip archive begins with PK.",
        "The name decides how Keras 3 reads a file, the old release decided how to write it.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    stars = rng.normal(size=(128, 4)).astype("float32")  # brightness in four colours, z-scores
    distance = np.tanh(stars @ rng.normal(size=(4, 1))) + 0.1 * stars[:, :1]
    model = tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.Adam(0.05), "mse")
    model.fit(stars, distance, epochs=20, verbose=0)
    model.save(artifact + "/model.keras", include_optimizer=False)
    return stars, model.predict_on_batch(stars), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_renamed(artifact):
    renamed = os.path.join(artifact, "model.h5")
    shutil.copy(os.path.join(artifact, "model.keras"), renamed)
    model = tf.keras.models.load_model(renamed, compile=False)
    return lambda inputs: model(inputs).numpy(), model
