"""Layers called dense and dense_1 come back as dense_1 and dense_2: only the names changed.

Symptom:
    "ValueError: No such layer: dense. Existing layers are: ['dense_1', 'dense_2']" after rebuilding
    a model and loading its weights. model.summary() shows other names than the paper. Did
    load_weights put the numbers into the wrong layers?
Cause:
    Keras numbers nameless layers through the whole session. Here a baseline model was built first
    and took the name "dense". A .weights.h5 file is read by the position in the model, not by these
    names.
Fix:
    Name every layer that you refer to: Dense(8, name="hidden"). Or use model.layers[0].
Spot it:
    Compare a saved prediction. If it is equal, only names differ. Other names are a real failure
    with load_weights("old.h5", by_name=True): if no name matches, nothing is loaded, without a
    warning (scenario by-name-no-match).
Evidence:
    keras-team/keras#11019 and keras-team/keras#4875 (automatic names differ from session to
    session; there by_name=True turned it into a failure).
    Measured with this file: weights equal and a match on 20 of 20 seeds (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "automatic-names-changed",
    "family": "restore",
    "tensorflow": ">=1.15",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "No such layer: dense",
    "minutes": 5,
    "hints": [
        "Which layer took the name 'dense' in this session?",
        "By what does load_weights find the layer that a number belongs to?",
        "Compare predictions, or get_weights(), instead of names.",
    ],
}


def build(units):
    return tf.keras.Sequential([
        tf.keras.Input((5,)),
        tf.keras.layers.Dense(units, activation="relu"),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(64, 5)).astype("float32")
    model = build(8)
    # Any weights will do in place of the trained ones.
    # in place of a training
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    model.save_weights(artifact + "/model.weights.h5")
    return inputs, model.predict_on_batch(inputs), model


def restore_healthy(artifact):
    build(2)  # the baseline of the paper, in the same notebook
    model = build(8)
    model.load_weights(artifact + "/model.weights.h5")
    try:
        model.get_layer("dense")
    except ValueError as error:
        warnings.warn(str(error))
    return model.predict_on_batch, model
