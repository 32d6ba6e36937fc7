"""A .keras file of Keras 3.15 does not load in an older Keras 3, which lacks some of its keywords.

Symptom:
    TypeError: <class 'keras.src.models.sequential.Sequential'> could not be deserialized properly.
    ... Unrecognized keyword arguments passed to Dense: {'quantization_config': None}
    or: GlorotUniform.__init__() got an unexpected keyword argument 'input_axes'
    Colab saved it, the server cannot load it. "Register your custom classes" does not help.
Cause:
    config.json lists every constructor argument of every layer in the writer's Keras. Each Keras
    adds some arguments. An older Keras rejects unknown arguments, even with the value null: Keras
    reads older files, not newer files. Nothing is missing in the file.
Fix:
    rebuild: build the model in code, then load_weights on the .keras file itself.
    stripped: only the file is needed. Copy the archive without the new keywords, if their values
    are empty. A keyword with a value has an effect, and then needs the newer Keras.
    Better: upgrade the reader to the writer's Keras (metadata.json names it).
Spot it:
        zipfile.ZipFile("model.keras").read("metadata.json")  # newer than keras.__version__?
Evidence:
    keras-team/keras#21928 brought quantization_config. Measured with this file, written by Keras
    3.15.1: the first error in 3.0.5 to 3.12.0, the second in 3.13.2 and 3.14.1.
"""
import json
import zipfile

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "newer-keras-file",
    "family": "version",
    "tensorflow": ">=2.16",  # the readers; `save` wrote the committed files in TensorFlow 2.21.0
    "keras": ">=3",
    "artifact": {"writer": "2.21.0", "folder": "newer_keras_file"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": "<3.13", "verdict": "error", "why": "Dense had no such argument yet.",
             "raises": "Unrecognized keyword arguments passed to Dense: {'quantization_config'"},
            {"keras": "<3.15", "verdict": "error", "why": "Initializers had no such argument yet.",
             "raises": "unexpected keyword argument 'input_axes'"},
            {"verdict": "match"}],
        "restore_fixed_rebuild": "match",
        "restore_fixed_stripped": "match",
    },
    "minutes": 6,
    "hints": [
        "The refused value is None. Did you ever set that keyword?",
        "metadata.json in the archive says which Keras saved it. Compare with your own.",
        "What the older Keras does not know is empty here: a copy without it means the same.",
    ],
}

NEWER = ("quantization_config", "input_axes", "output_axes", "optional")


def build():
    hidden = tf.keras.layers.Dense(8, activation="tanh")
    return tf.keras.Sequential([tf.keras.Input((3,)), hidden, tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    ride = rng.normal(size=(64, 3)).astype("float32")  # distance, hour, rain: z-scores
    fare = 12 + 5 * ride[:, :1] + 2 * np.tanh(ride[:, 1:2])  # euros
    model = build()
    model.layers[0].set_weights([rng.normal(size=(3, 8)), rng.normal(size=8)])
    hidden = np.column_stack([model.layers[0](ride), np.ones(len(ride))])
    head = np.linalg.lstsq(hidden, fare, rcond=None)[0]  # in place of a training
    model.layers[1].set_weights([head[:-1], head[-1]])
    model.save(artifact + "/model.keras")
    return ride, model(ride).numpy(), model


def restore_broken(artifact, file="/model.keras"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.keras")
    return lambda inputs: model(inputs).numpy(), model


def drop_newer(node):
    if isinstance(node, dict):
        return {key: drop_newer(value) for key, value in node.items() if value or key not in NEWER}
    return [drop_newer(each) for each in node] if isinstance(node, list) else node


def restore_fixed_stripped(artifact):
    with zipfile.ZipFile(artifact + "/model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(drop_newer(json.loads(members["config.json"].decode())))
    with zipfile.ZipFile(artifact + "/stripped.keras", "w") as copy:
        for name, content in members.items():
            copy.writestr(name, content)
    return restore_broken(artifact, "/stripped.keras")
