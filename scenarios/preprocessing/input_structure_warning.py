"""Keras warns that the inputs have an unexpected structure; with one input this is harmless.

Symptom:
    "UserWarning: The structure of `inputs` doesn't match the expected structure. Expected:
    ['spectrum'] Received: inputs=Tensor(shape=(64, 8))" when a restored functional model
    is called. "Because of this warning, I can't be sure that the model works as I expect."
Cause:
    The model was built as Model([spectrum], output), with a list of one input, and gets an array.
    Keras 3.6 and later compare the nesting, warn, flatten the inputs and continue. One tensor can
    only be paired with the one expected input. After loading, 3.6 itself expects the array and
    warns of [inputs], which was right in training; 3.10 still expects the list.
Fix:
    Build it as Model(spectrum, output), or call it on [inputs]. An existing file needs no change.
Spot it:
    The warning is harmless while the model has one input. With two inputs of one shape the
    flattened order decides, and a dict or list in another order is a real failure (scenario
    dict-inputs-fed-as-list).
        len(model.inputs)  # 1: nothing can be exchanged
Evidence:
    tensorflow/tensorflow#82372, NatLibFi/Annif#883 (wrapping in a list changed no result),
    keras-team/keras#20170 (the warning, and why: inputs of one shape could be mixed up).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "input-structure-warning",
    "family": "preprocessing",
    "tensorflow": ">=2.16",
    "keras": ">=3.10",  # the warning is older: see Cause
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "The structure of `inputs` doesn't match the expected structure",
    "minutes": 5,
    "hints": [
        "What is the difference between what is expected and what was received?",
        "How many inputs does the model have? Could they be exchanged?",
        "Call it on [inputs] and compare: the same numbers, and no warning.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    spectra = rng.gamma(2.0, 1.0, size=(64, 8)).astype("float32")  # light of 8 wavelengths
    sugar = spectra @ rng.uniform(0, 2, size=(8, 1))  # percent
    spectrum = tf.keras.Input((8,), name="spectrum")
    output = tf.keras.layers.Dense(1, name="sugar")(spectrum)
    model = tf.keras.Model([spectrum], output)  # a list of one input
    fit_head(model, spectra, sugar)
    model.save(artifact + "/model.keras")
    return spectra, model([spectra]).numpy(), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def fit_head(model, features, targets):  # least squares: where training of a single layer ends
    rows = np.c_[features, np.ones(len(features))]
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0]
    model.set_weights([solution[:-1], solution[-1]])
