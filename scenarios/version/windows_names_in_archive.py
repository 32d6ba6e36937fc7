r"""A .keras that Keras 2 saved on Windows loads on no other system: its weights have other names there.

Symptom:
    ValueError: Layer 'dense' expected 2 variables, but received 0 variables during loading.
    The file was saved on Windows and loads there. On Linux, on a Mac or in a container it does not.
    It also goes the other way: files of Linux do not load on Windows.
Cause:
    model.weights.h5 in the archive has a group for each layer, and Keras joined the names of groups
    as the system joins paths. On Windows the group is called layers\dense. Elsewhere Keras looks
    for the group dense in the group layers. Keras 3 always writes a slash; tf_keras 2.16 does not.
Fix:
    renamed: rename the groups in a copy of the archive. The weights are all there.
    Or load the file on Windows in the release that wrote it, and save it as .h5.
    Or let it be done, with a proof: python -m harness rescue model.keras
Spot it:
        weights = zipfile.ZipFile("model.keras").open("model.weights.h5")
        any("\\" in name for name in h5py.File(weights, "r"))  # True: saved on Windows
Evidence:
    keras-team/keras#18528; the sources of Keras 2.13, 2.15, 3.0.0 and tf_keras 2.16.0. We had no
    Windows: `save` lets Keras 2.15 join the names as Windows does.
"""
import io
import ntpath
import os
import zipfile

import h5py
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "windows-names-in-archive",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "windows_names_in_archive"},
    "seed": 0,
    "expect": {
        "restore_broken": [{"verdict": "error", "raises": "but received 0 variables"}],
        "restore_fixed_renamed": "match",
    },
    "minutes": 9,
    "hints": [
        "Keras finds no weights. Are there none in the file, or are they elsewhere?",
        "Open model.weights.h5 in the archive with h5py, and print the names of its groups.",
        "A group of HDF5 can be moved to another name. On which system was the file saved?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    bees = rng.normal(size=(64, 6)).astype("float32")  # six measures of a hive, z-scores
    model = tf.keras.Sequential([
        tf.keras.Input((6,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1)])
    # in place of a training
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    gfile = tf.compat.v2.io.gfile  # as Keras calls it
    join = gfile.join

    def join_as_windows(path, *more):
        return (join if os.path.isabs(path) else ntpath.join)(path, *more)

    gfile.join = join_as_windows
    try:
        model.save(artifact + "/model.keras")
    finally:
        gfile.join = join
    return bees, model.predict_on_batch(bees), model


def restore_broken(artifact, file="/model.keras"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    return lambda inputs: model.predict(inputs, verbose=0), model


def restore_fixed_renamed(artifact):
    with zipfile.ZipFile(artifact + "/model.keras") as old:
        content = {name: old.read(name) for name in old.namelist()}
    weights = io.BytesIO(content["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        for name in [each for each in file if "\\" in each]:
            file.move(name, name.replace("\\", "/"))
    content["model.weights.h5"] = weights.getvalue()
    with zipfile.ZipFile(artifact + "/copy.keras", "w") as new:
        for name in content:
            new.writestr(name, content[name])
    return restore_broken(artifact, "/copy.keras")
