"""Keras 3 writes x / 255 or a masked Embedding into an .h5 file that it cannot read again.

Symptom:
    model.save("model.h5") works. load_model: ValueError: Unknown layer: 'TrueDivide'. Please
    ensure you are using a `keras.utils.custom_object_scope` ...
    The error names 'NotEqual' for a mask and 'GetItem' for a slice. x * 2 and x - 3: "Only input
    tensors may be passed as positional arguments". a + b: "too many positional arguments".
Cause:
    In Keras 3 every operator on a symbolic tensor is an operation of its own in a functional model.
    The legacy .h5 format can name layers only, and its reader finds no layer with that name.
Fix:
    rebuilt: the file holds the weights. Build the model in code, then load_weights("model.h5").
    keras_format: save as .keras, which stores operations. Or use layers: Rescaling(1 / 255).
    tf_keras (Keras 2) writes and reads such .h5 files without an error.
Spot it:
        [op for op in model.operations if not isinstance(op, tf.keras.layers.Layer)]  # want []
Evidence:
    Measured with this file: error in Keras 3.0 to 3.15, a match in 2.15 and tf_keras 2.21. The
    other operators: measured one by one in Keras 3.15.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "h5-operators-unreadable", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "Unknown layer: 'TrueDivide'",
             "why": "An operation is no layer."},
            {"verdict": "match"}],
        "restore_fixed_rebuilt": "match",
        "restore_fixed_keras_format": "match",
    },
    "hints": ["No layer in the code is called TrueDivide. What is?",
              "Print the names of model.operations and of model.layers in Keras 3, and compare.",
              "What of the file is needed if you still have the code? Read only that."],
}


def build():
    image = tf.keras.Input((8, 8))
    pixels = tf.keras.layers.Flatten()(image / 255.0)
    return tf.keras.Model(image, tf.keras.layers.Dense(1)(pixels))


def save(artifact, seed):
    images = np.random.default_rng(seed).integers(0, 256, size=(64, 8, 8)).astype("float32")
    model = build()
    # A detector of light from above, as training would find it.
    slope = np.repeat(np.linspace(1.0, -1.0, 8), 8).reshape(64, 1)
    model.layers[-1].set_weights([slope / 8, np.array([0.5])])  # in place of a training
    model.save(os.path.join(artifact, "model.h5"))
    model.save(os.path.join(artifact, "model.keras"))
    return images, model.predict_on_batch(images), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(os.path.join(artifact, "model.h5"))
    return model.predict_on_batch, model


def restore_fixed_rebuilt(artifact):
    model = build()
    model.load_weights(os.path.join(artifact, "model.h5"))
    return model.predict_on_batch, model


def restore_fixed_keras_format(artifact):
    model = tf.keras.models.load_model(os.path.join(artifact, "model.keras"))
    return model.predict_on_batch, model
