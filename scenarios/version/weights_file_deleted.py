"""Keras 3.4.1 deletes model.weights.h5 when a .keras file is saved or loaded in the same folder.

Symptom:
    FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open file: name =
    '.../model.weights.h5', ... error message = 'No such file or directory' ...)
    save_weights wrote this file without an error, and now the file is gone.
Cause:
    A .keras file is a zip archive with a member model.weights.h5. Keras 3.4.1 (TensorFlow 2.17)
    first writes that member into the archive's folder and then removes it. Your own file of that
    name is overwritten and removed. load_model also unpacks and removes the member there (3.4.0 as
    well).
Fix:
    other_name: use any other name, such as "trained.weights.h5". Or another folder, or Keras 3.5.
    The weights are not lost: load_model still finds them in the .keras file.
Spot it:
        keras.__version__.startswith("3.4.") and os.path.basename(file) == "model.weights.h5"
Evidence:
    keras-team/keras#19921 (about the same temporary file).
    Measured with this file: error on Keras 3.4.1; match on 2.15.0, 3.0.5, 3.4.0, 3.5.0, 3.15.1.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "weights-file-deleted", "family": "version",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [
            {"keras": ">=3.4.1,<3.5", "verdict": "error", "raises": "No such file or directory",
             "why": "Keras 3.4.1 writes a file of that name there, and removes it."},
            {"verdict": "match"}],
        "restore_fixed_other_name": "match",
    },
    "hints": [
        "Was the weights file ever written? List the folder after each line that saves.",
        "unzip -l model.keras: which names do the members of the archive have?",
        "What would happen to a file of that name beside the archive, if it is unpacked there?",
    ],
}


def build():
    return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    hives = rng.normal(size=(64, 3)).astype("float32")  # bees, blossom, rain: z-scores
    model = build()
    model.set_weights([np.array([[6.0], [4.0], [-2.0]]), np.array([17.0])])  # kilograms of honey
    model.save_weights(artifact + "/trained.weights.h5")
    model.save_weights(artifact + "/model.weights.h5")
    model.save(artifact + "/model.keras")  # to be on the safe side, in both formats
    return hives, model(hives).numpy(), model


def restore_broken(artifact, file="/model.weights.h5"):
    model = build()
    model.load_weights(artifact + file)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_other_name(artifact):
    return restore_broken(artifact, "/trained.weights.h5")
