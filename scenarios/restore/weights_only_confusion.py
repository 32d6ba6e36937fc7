"""A weights file is loaded as if it were a model; by_name removes the error, and loads nothing.

Symptom:
    "ValueError: No model config found in the file" from load_model. load_weights says "Layer count
    mismatch when loading weights from file. Model expected 2 layers, found 0 saved layers". With
    by_name=True there is no error, and predictions are random.
Cause:
    ModelCheckpoint(save_weights_only=True) and save_weights write numbers without architecture: the
    file holds no model. The file's name decides how Keras reads the file. Somebody shortened
    best.weights.h5 to best.h5, a name that stands for an older layout. By that layout this file has
    no layers at all, and by_name=True raises no error for that.
Fix:
    rebuilt: build the model in code, and load_weights from a name that ends in .weights.h5.
    To need no code, save the whole model: save_weights_only=False and a name ending in .keras.
    How it differs from by-name-no-match: the file is of another layout and has no names at all.
Spot it:
        import h5py
        print("model_config" in h5py.File("best.h5").attrs)  # False: weights, and no model
Evidence:
    qqwweee/keras-yolo3#54, keras-team/keras#6937; keras-team/keras#8498 (not read by us).
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21), and in 2.15 to 2.18
    and 2.20.
"""
import shutil

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "weights-only-confusion", "family": "restore",
    "tensorflow": ">=2.12", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"verdict": "error", "raises": "No model config found in the file"}],
        "restore_broken_load_weights": [
            {"verdict": "error", "raises": "found 0 saved layers"}],
        "restore_broken_by_name": "differs",
        "restore_fixed_rebuilt": "match",
    },
    "hints": [
        "The first message is right: what did save_weights_only=True leave out?",
        "Which layout does load_weights expect of a name in .h5, and which of .weights.h5?",
        "Give the file its name back, and build the model before loading.",
    ],
}


def build_model():
    return tf.keras.Sequential([
        tf.keras.Input((6,)),
        tf.keras.layers.Dense(16, activation="tanh"),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = build_model()
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])  # trained
    model.save_weights(artifact + "/best.weights.h5")  # what ModelCheckpoint does
    shutil.copy(artifact + "/best.weights.h5", artifact + "/best.h5")  # what a colleague does
    inputs = rng.normal(size=(64, 6)).astype("float32")
    return inputs, model.predict_on_batch(inputs), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/best.h5")
    return model.predict_on_batch, model


def restore_broken_load_weights(artifact, **options):
    model = build_model()
    model.load_weights(artifact + "/best.h5", **options)
    return model.predict_on_batch, model


def restore_broken_by_name(artifact):
    return restore_broken_load_weights(artifact, by_name=True)


def restore_fixed_rebuilt(artifact):
    model = build_model()
    model.load_weights(artifact + "/best.weights.h5")  # the same file, under its first name
    return model.predict_on_batch, model
