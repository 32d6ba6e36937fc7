"""One missing cell in a row of features makes the prediction of that row NaN, or a constant.

Symptom:
    "My model predicts NaN after load_model", for some rows or for all. After a ReLU, predict can
    turn the NaN into 0, so that such rows get one constant (measured in 2.10, 2.15, 2.16 and 2.21,
    where model(x) gave NaN). Training had no such rows.
Cause:
    A missing value is read as NaN, and every sum with a NaN is NaN. One empty cell is enough to
    make the prediction of its row NaN. If a column is scaled by the mean of the current batch, one
    empty cell makes the whole column NaN, and so every row.
Fix:
    filled: fill an empty cell with the training mean of its column, which is saved with the model.
    Or leave the row out and report it.
Spot it:
        print(np.isnan(batch).sum(axis=0))  # empty cells of each column, right before predict
Evidence:
    shenweichen/DeepCTR#224 and keras-team/keras#2967. Measured with this file.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "one-missing-cell", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "nan",
        "restore_fixed_filled": "match",
    },
    "hints": [
        "The weights are equal, and none of them is NaN. What enters the model?",
        "Count the NaNs of each column of the batch.",
        "Which value says least about a patient whose value is missing?",
    ],
}


def fill(rows, mean):
    return np.where(np.isnan(rows), mean, rows)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    complete = rng.normal([120, 70, 37], [15, 12, 0.5], size=(512, 3))  # pressure, pulse, degrees
    mean, std = complete.mean(axis=0), complete.std(axis=0)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    # what a training arrives at
    model.layers[-1].set_weights([np.array([[0.6], [0.3], [0.8]]), np.array([2.0])])
    model.save(artifact + "/model.h5")
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    ward = rng.normal([130, 80, 37.5], [15, 12, 0.7], size=(64, 3))
    ward[rng.integers(64), 1] = np.nan  # a pulse that nobody wrote down
    scaled = ((fill(ward, mean) - mean) / std).astype("float32")
    return ward, model.predict_on_batch(scaled), model


def restore_broken(artifact, filled=False):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]

    def predict(inputs):
        rows = fill(inputs, mean) if filled else inputs
        return model.predict_on_batch(((rows - mean) / std).astype("float32"))

    return predict, model


def restore_fixed_filled(artifact):
    return restore_broken(artifact, filled=True)
