"""A mixed_float16 model served in float32 differs in the fourth digit: float16 has no more digits.

Symptom:
    "Predictions changed after loading my mixed precision model on the CPU": np.allclose is False,
    0.5425 became 0.54197. The weights are equal.
Cause:
    Under mixed_float16 the weights are float32, but layers compute and return float16, with 11
    bits: steps of 0.0005 between 0.5 and 1. The server builds the same model without the policy and
    computes in float32. The new numbers are more exact.
Fix:
    The restore needs no repair. Compare with a tolerance of the coarser type: max error / output
    range below about 1e-2. To get the old rounding, set the policy before building, or load the
    .keras file, which stores the policy. With a head in dtype="float32" the outputs are not rounded
    by the head.
Spot it:
    The dtype of the reference gives the size of the error: a few units of its resolution.
        np.abs(after - before).max() / np.finfo(before.dtype).eps  # float16: eps is 0.001
    Hundreds of units have another cause, and NaN is an overflow (scenario float16-input-overflow).
Evidence:
    tensorflow/tensorflow#45441 (the way advised: train in mixed precision, restore into float32).
    Measured with this file, 20 seeds: off by 0.4 to 0.8 units of eps, 5e-4 to 8e-4 of the range
    (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "half-precision-rounding",
    "family": "restore",
    "tensorflow": ">=2.5",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "np.allclose is False",
    "minutes": 6,
    "hints": [
        "The weights are equal. Which dtype do the two predictions have?",
        "How many digits has a float16?",
        "Divide the largest difference by np.finfo(\"float16\").eps.",
    ],
}


def build(policy):
    return tf.keras.Sequential([
        tf.keras.Input((16,)),
        tf.keras.layers.Dense(32, activation="tanh", dtype=policy),
        tf.keras.layers.Dense(3, activation="sigmoid", dtype=policy),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(64, 16)).astype("float32")
    model = build("mixed_float16")
    # Any weights will do in place of the trained ones.
    # in place of a training
    model.set_weights([rng.normal(0, 0.4, weight.shape) for weight in model.get_weights()])
    model.save_weights(artifact + "/model.weights.h5")
    predictions = model.predict_on_batch(inputs)  # float16
    np.save(artifact + "/predictions.npy", predictions)
    return inputs, predictions, model


def restore_healthy(artifact):
    model = build("float32")  # the server sets no policy
    model.load_weights(artifact + "/model.weights.h5")
    saved = np.load(artifact + "/predictions.npy")

    def predict(inputs):
        predictions = model.predict_on_batch(inputs)
        if predictions.shape == saved.shape and not np.allclose(predictions, saved):
            warnings.warn("np.allclose is False")
        return predictions

    return predict, model
