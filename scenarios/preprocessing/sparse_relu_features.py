"""Nine in ten numbers of a restored encoder are exactly 0.0, as they were before saving.

Symptom:
    "Embedding is mostly zero. Is this expected? Am I doing something wrong?" 90% of the features
    that the loaded encoder returns are 0.0; some rows have a single number, columns look dead.
Cause:
    The encoder ends in a ReLU. Each unit is above 0 for one pattern and 0 for all other patterns.
    High thresholds, an L1 penalty or many classes make features sparse. The training caused the
    zeros, not the restore.
Fix:
    Compare the share of zeros, column by column, with the share measured before saving, as the path
    below does. An alarm on the share alone fires for every healthy sparse encoder.
Spot it:
    In a healthy sparse encoder every row has its zeros in other columns, and no column is always 0.
    Wrongly scaled inputs make whole columns 0 at once (as in scenario dead-relu-head). Here the
    same calls at a hundredth of their volume make all columns 0:
        features = encoder.predict_on_batch(inputs)
        (features == 0).all(axis=0).mean()  # 0.0 here: every unit answers to something
Evidence:
    resemble-ai/Resemblyzer#15 (maintainer: sparse because of the ReLU, "don't worry about it"),
    hamed-zamani/snrm#7 (zeros from an L1 penalty).
    Measured with this file: 90% zeros and a match on 20 of 20 seeds (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "sparse-relu-features",
    "family": "preprocessing",
    "tensorflow": ">=2.2",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "of the features are exactly 0.0",
    "minutes": 8,
    "hints": [
        "What share of the features was zero before the encoder was saved?",
        "Is it always the same columns that are zero, or other ones in every row?",
        "silent.npy holds the share of zeros of every column before saving. Compare that.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(24, 16))  # one for each kind of bird call, over 16 bands
    patterns /= np.linalg.norm(patterns, axis=1, keepdims=True)
    encoder = tf.keras.Sequential([
        tf.keras.Input((16,)),
        tf.keras.layers.Dense(24, activation="relu"),
    ])
    # Matched filters with a threshold: a unit speaks up for its own call, rarely for others.
    calls = 3 * patterns[rng.integers(24, size=480)] + rng.normal(0, 0.3, (480, 16))
    threshold = np.quantile(calls @ patterns.T, 0.905, axis=0)
    encoder.set_weights([patterns.T, -threshold])  # in place of a training
    calls = calls.astype("float32")
    features = encoder.predict_on_batch(calls)
    encoder.save(artifact + "/encoder.keras")
    np.save(artifact + "/silent.npy", (features == 0).mean(axis=0))
    return calls[:240], features[:240], encoder


def restore_healthy(artifact):
    encoder = tf.keras.models.load_model(artifact + "/encoder.keras", compile=False)
    before = np.load(artifact + "/silent.npy")

    def predict(inputs):
        features = encoder.predict_on_batch(inputs)
        silent = (features == 0).mean(axis=0)
        if silent.mean() > 0.8:
            warnings.warn("%.0f%% of the features are exactly 0.0" % (100 * silent.mean()))
        if len(inputs) > 100 and np.abs(silent - before).max() > 0.2:
            raise ValueError("other columns are silent than before saving")
        return features

    return predict, encoder
