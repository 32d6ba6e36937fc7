"""A functional model saved by TensorFlow 2.3 or later is an unknown layer for TensorFlow 2.2.

Symptom:
    ValueError: Unknown layer: Functional
    although the model has no layer of that name, and no custom layer at all.
Cause:
    TensorFlow 2.3 gave functional models a class of their own, Functional, and writes this name
    into the file. TensorFlow 2.2 and older only know the name Model. The model was trained in a
    newer release than the release that serves it.
Fix:
    renamed: custom_objects={"Functional": tf.keras.Model}, also in TensorFlow 1.15. It is better to
    use the release that wrote the file, or a later release.
    How it differs from missing-custom-objects: no custom class is missing. custom_objects only
    gives the old name of a class.
Spot it:
        print(h5py.File("model.h5", "r").attrs["keras_version"], tf.__version__)
Evidence:
    googlecreativelab/teachablemachine-community#163 ("you have to use 2.3.x"),
    KichangKim/DeepDanbooru#26, FLming/CRNN.tf2#10, read on 2026-11-26 as search excerpts.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "unknown-layer-functional",
    "family": "version",
    "tensorflow": ">=1.15",  # the readers; `save` wrote the committed file in TensorFlow 2.3.4
    "artifact": {"writer": "2.3.4", "folder": "unknown_layer_functional"},
    "seed": 0,
    "minutes": 5,
    "expect": {
        "restore_broken": [
            {"reader": "<2.3", "verdict": "error", "raises": "Unknown layer: Functional"},
            {"verdict": "match"}],
        "restore_fixed_renamed": "match",
    },
    "hints": [
        "Is Functional a layer of yours? Search for the word in the file.",
        "Which Keras wrote the file, and which one reads it?",
        "Only the name of the class is new. What did older releases call a functional model?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    cut, width = tf.keras.Input((1,)), tf.keras.Input((1,))  # of a diamond
    both = tf.keras.layers.Concatenate()([cut, width])
    model = tf.keras.Model([cut, width], tf.keras.layers.Dense(1)(both))
    model.set_weights([np.array([[-120.0], [950.0]]), np.array([300.0])])  # for a training
    model.save(artifact + "/model.h5", include_optimizer=False)
    stones = rng.uniform(0.2, 3.0, size=(64, 2)).astype("float32")
    return stones, model.predict_on_batch([stones[:, :1], stones[:, 1:]]), model


def restore(artifact, custom_objects=None):
    model = tf.keras.models.load_model(artifact + "/model.h5", custom_objects, compile=False)
    return lambda stones: np.array(model.predict_on_batch([stones[:, :1], stones[:, 1:]])), model


def restore_broken(artifact):
    return restore(artifact)


def restore_fixed_renamed(artifact):
    return restore(artifact, {"Functional": tf.keras.Model})
