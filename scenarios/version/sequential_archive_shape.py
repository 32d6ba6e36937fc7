"""Every Keras 3 rejects a Sequential .keras of TensorFlow 2.13 to 2.15 for batch_input_shape.

Symptom:
    ValueError: Unrecognized keyword arguments passed to Dense: {'batch_input_shape': [None, 8]}
    LSTM, Conv2D and Embedding fail too, if they come first. A Sequential model of the same program
    that begins with tf.keras.Input loads.
Cause:
    input_shape=(8,) on the first layer is stored as batch_input_shape in config.json. Keras 3
    translates that word in an .h5 file, but not in a .keras archive. The file holds all weights.
Fix:
    config: take the layers from config.json without the word, put an Input first, and let
    load_weights read the archive. This needs only the file.
    rebuild: build the model in code with an Input first, and let load_weights read the archive.
    To prevent the error, save with tf.keras.Input as first layer. This command writes a new file
    with a proof that both predict alike:
    python -m harness rescue model.keras
Spot it:
        b"batch_input_shape" in zipfile.ZipFile("model.keras").read("config.json")  # True: refused
Evidence:
    Measured with this file: refused by Keras 3.0.5 (2.16.1) and 3.15.1 (2.21).
"""
import json
import zipfile

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "sequential-archive-shape",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "sequential_archive_shape"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "{'batch_input_shape': [None, 8]}",
             "why": "Keras 3 has no such argument for a .keras archive."},
            {"verdict": "match"}],
        "restore_fixed_config": "match",
        "restore_fixed_rebuild": "match",
    },
    "minutes": 8,
    "hints": [
        "The message names a word that one layer does not know. Which layer is it in the model?",
        "A .keras file is a zip archive. Read config.json and look at the first layer.",
        "tf.keras.Input says the shape in Keras 2 and 3. load_weights reads a .keras archive.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    hive = rng.normal(size=(256, 8)).astype("float32")  # eight measures of a beehive
    honey = np.maximum(hive[:, :1] + hive[:, 1:2], 0) + 0.3 * hive[:, 2:3]
    model = tf.keras.Sequential([
        tf.keras.layers.Dense(16, activation="relu", input_shape=(8,)),
        tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(hive, honey, epochs=10, verbose=0)
    model.save(artifact + "/model.keras")
    return hive[:64], model.predict_on_batch(hive[:64]), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return model.predict_on_batch, model


def restore_fixed_config(artifact):
    with zipfile.ZipFile(artifact + "/model.keras") as archive:
        stored = json.loads(archive.read("config.json"))["config"]["layers"]
    layers = [each for each in stored if each["class_name"] != "InputLayer"]
    shape = layers[0]["config"].pop("batch_input_shape")
    model = tf.keras.Sequential(
        [tf.keras.Input(shape[1:])] + [tf.keras.layers.deserialize(each) for each in layers])
    model.load_weights(artifact + "/model.keras")
    return model.predict_on_batch, model


def restore_fixed_rebuild(artifact):
    model = tf.keras.Sequential([
        tf.keras.Input((8,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(1)])
    model.load_weights(artifact + "/model.keras")
    return model.predict_on_batch, model
