"""load_weights(by_name=True) finds no matching name, loads nothing, and gives no warning.

Symptom:
    "load_weights(by_name=True) has no effect", random predictions after loading, often only where
    another model is built first in the same program. No error, no warning.
Cause:
    by_name takes a layer from the file only if the model has a layer of that name. Nameless layers
    are numbered through the whole session: dense, dense_1. Here another model is built first, so
    these layers are dense_2 and dense_3, and the file has no such names.
Fix:
    by_position: leave by_name out. The layers are the same, so their order pairs them, and another
    number of layers or another shape raises an error.
    given_names: give the layers names that you chose. For a file that exists, use the names in the
    file.
Spot it:
        before = model.get_weights()
        model.load_weights("model.h5", by_name=True)
        print([np.array_equal(*pair) for pair in zip(before, model.get_weights())])  # True: lost
Evidence:
    leondgarse/keras_efficientnet_v2#2 (names that had gone on counting), keras-team/keras#5397
    (how to know what was loaded); keras-team/keras#4778 would have warned. Keras 3.0 to 3.7:
    keras-team/keras#19694.
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21), and in 2.4 to 2.15.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "by-name-no-match", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": [
            {"keras": ">=3,<3.8", "verdict": "error", "raises": "Weight count mismatch for top-level",
             "why": "by_name fails with every file there (keras-team/keras#19694)."},
            {"verdict": "differs"}],
        "restore_fixed_by_position": "match",
        "restore_fixed_given_names": [
            {"keras": ">=3,<3.8", "verdict": "error", "raises": "Weight count mismatch for top-level",
             "why": "The same."},
            {"verdict": "match"}],
    },
    "hints": [
        "Compare model.get_weights() before and after load_weights.",
        "Print the names of model.layers in the program that saved, and in this one.",
        "Two layers without names were built before these. What is the third one called?",
    ],
}


def build_risk_model(names=(None, None)):
    return tf.keras.Sequential([
        tf.keras.Input((6,)),
        tf.keras.layers.Dense(16, activation="tanh", name=names[0]),
        tf.keras.layers.Dense(1, name=names[1]),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    patients = rng.normal(size=(128, 6)).astype("float32")  # age, blood pressure, ..., as z-scores
    risk = np.exp(patients @ rng.normal(0, 0.3, size=(6, 1)))
    model = build_risk_model()
    train(model, rng, patients, risk)
    model.save(artifact + "/risk.h5", include_optimizer=False)
    return patients, model.predict_on_batch(patients), model


def restore_broken(artifact):
    build_risk_model()  # last year's, for comparison
    model = build_risk_model()
    model.load_weights(artifact + "/risk.h5", by_name=True)
    return model.predict_on_batch, model


def restore_fixed_by_position(artifact):
    build_risk_model()
    model = build_risk_model()
    model.load_weights(artifact + "/risk.h5")
    return model.predict_on_batch, model


def restore_fixed_given_names(artifact):
    build_risk_model(["old_hidden", "old_head"])
    model = build_risk_model(["dense", "dense_1"])  # as the file says: "layer_names" in h5py
    model.load_weights(artifact + "/risk.h5", by_name=True)
    return model.predict_on_batch, model


def train(model, rng, inputs, targets):  # in place of fit: a random hidden layer, the best head
    kernel, bias = rng.normal(size=(6, 16)), rng.normal(size=16)
    hidden = np.append(np.tanh(inputs @ kernel + bias), np.ones((len(inputs), 1)), axis=1)
    head = np.linalg.lstsq(hidden, targets, rcond=None)[0]
    model.set_weights([kernel, bias, head[:-1], head[-1]])
