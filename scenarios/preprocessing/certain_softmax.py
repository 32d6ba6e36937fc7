"""Every restored probability is 0 or 1 to six decimals, and correct: the classes lie far apart.

Symptom:
    "model.predict gives only 0. and 1. instead of probabilities" after loading. Softmax looks
    saturated on all rows, as if somebody forgot to scale the inputs.
Cause:
    A lead of 17 between two logits is a probability of 1.0 in float32. The coins differ by dozens
    of standard deviations of the measurement, so the log odds of a well trained sorter are above a
    thousand. Long training without label smoothing has the same effect.
Fix:
    The restore needs no repair. Where graded probabilities are needed, keep the logits (an output
    without softmax) and calibrate the logits with a temperature.
Spot it:
    Certain and right is healthy. Certain and wrong is a failure. Score some rows whose classes you
    know. Without its scaling this model is equally certain, and right in one row of three:
        (model.predict_on_batch(inputs).argmax(axis=1) == classes).mean()  # 1.0 here
Evidence:
    keras-team/keras#3173 (only ones and zeroes), keras-team/keras#9794 ("everything is 100%"),
    aymericdamien/TensorFlow-Examples#182.
    Measured with this file: all 150 rows one-hot and right on 20 of 20 seeds. Its last layer on
    coins that were not scaled: one-hot too, one class for all, 27% to 45% right (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "certain-softmax",
    "family": "preprocessing",
    "tensorflow": ">=2.6",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "all probabilities are 0 or 1",
    "minutes": 8,
    "hints": [
        "How many standard deviations lie between a 1 cent and a 2 cent coin?",
        "A saturated softmax is certain. Is it right? Count on coins that you know.",
        "labelled.npz holds coins with their classes, from before saving.",
    ],
}
COINS = np.array([[16.25, 2.30], [18.75, 3.06], [21.25, 3.92]])  # 1, 2, 5 cent: mm, grams
NOISE = np.array([0.05, 0.03])  # standard deviations of calliper and scales


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    classes = rng.integers(3, size=150)
    coins = (COINS[classes] + rng.normal(0, NOISE, (150, 2))).astype("float32")
    mean, variance = coins.mean(axis=0), coins.var(axis=0)
    model = tf.keras.Sequential([
        tf.keras.Input((2,)),
        tf.keras.layers.Normalization(mean=mean, variance=variance),
        tf.keras.layers.Dense(3, activation="softmax"),
    ])
    # Linear discriminant analysis, where long training ends: the true log odds of the classes.
    centres, spread = (COINS - mean) / np.sqrt(variance), NOISE**2 / variance
    # in place of a training
    model.layers[-1].set_weights([(centres / spread).T, -0.5 * (centres**2 / spread).sum(axis=1)])
    model.save(artifact + "/model.keras")
    np.savez(artifact + "/labelled.npz", coins=coins, classes=classes)
    return coins, model.predict_on_batch(coins), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    labelled = np.load(artifact + "/labelled.npz")
    best = model.predict_on_batch(labelled["coins"]).argmax(axis=1)
    if (best == labelled["classes"]).mean() < 0.99:
        raise ValueError("certain, but wrong")

    def predict(inputs):
        probabilities = model.predict_on_batch(inputs)
        if np.minimum(probabilities, 1 - probabilities).max() < 1e-6:
            warnings.warn("all probabilities are 0 or 1")
        return probabilities

    return predict, model
