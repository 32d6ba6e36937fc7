"""A Git LFS pointer of 130 bytes is in place of the model, and the error calls the file damaged.

Symptom:
    "OSError: Unable to open file (file signature not found)" for .h5; "SavedModel file does not
    exist" in TensorFlow before 2.8. For .keras: "File not found", although the file is there.
Cause:
    The repository keeps large files with Git LFS. A clone without git-lfs, or a ZIP from the web
    page, holds a short text in place of each large file: its hash and its size. A web page that was
    saved under the model's name gives the same errors. A cut-off download gives "truncated file".
Fix:
    fetched: git lfs pull in the clone, or download the file again. Then the model loads.
Spot it:
        print(os.path.getsize(path), open(path, "rb").read(20))  # 130, b'version https://git-'
Evidence:
    AnnekeMeyer/zone-segmentation#2 and kkweon/mnist-competition#1.
    Measured with this file. `env for FILE` names such a file.
"""
import os
import shutil

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "pointer-in-place-of-the-file", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"reader": "<2.8", "verdict": "error", "raises": "SavedModel file does not exist"},
            {"verdict": "error", "raises": "file signature not found"},
        ],
        "restore_fixed_fetched": "match",
    },
    "hints": [
        "How many bytes has the file, and how many should a model have?",
        "Open the file in a text editor.",
        "The text names the large file. Git LFS fetches that file.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
    model.set_weights([rng.normal(size=(3, 2)), rng.normal(size=2)])  # in place of a training
    os.mkdir(artifact + "/server")
    model.save(artifact + "/server/model.h5")
    with open(artifact + "/model.h5", "w") as file:  # what a clone without git-lfs has
        file.write("version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize %d\n" % (
            seed, os.path.getsize(artifact + "/server/model.h5")))
    inputs = rng.normal(size=(32, 3)).astype("float32")
    return inputs, model.predict_on_batch(inputs), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return model.predict_on_batch, model


def restore_fixed_fetched(artifact):
    clone = artifact + "/fetched.h5"
    shutil.copy(artifact + "/server/model.h5", clone)  # git lfs pull
    model = tf.keras.models.load_model(clone, compile=False)
    return model.predict_on_batch, model
