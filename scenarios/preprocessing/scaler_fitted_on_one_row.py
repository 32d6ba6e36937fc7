"""A scaler fitted on the single row of a request turns every request into a row of zeros.

Symptom:
    "Keras API returns the same prediction for every request", "single sample prediction constant,
    batch prediction fine". A network without biases answers 0.0 each time, home-made scaling NaN.
Cause:
    The service scales each request by its own mean and std. The mean of one row is the row itself,
    so every column of the scaled row is 0, whatever was asked. The std is 0 as well. StandardScaler
    divides by 1 instead. numpy divides 0 by 0, and the prediction is NaN.
Fix:
    training_statistics: apply the mean and std of the training rows, saved beside the model. These
    statistics do not depend on the number of rows, so one row and a thousand rows are scaled alike.
    How it differs from scaler-refitted: the batch is one row, so its std is 0.
Spot it:
    Send a row alone, and the same row among others. Both predictions must be equal:
        print(predict(rows[:1]), predict(rows)[:1])
Evidence:
    dotnet/machinelearning#3201 (fitted on one row: all zero), ageron/handson-ml#58,
    cjlin1/libsvm#178 ("the instance is scaled to the zero vector").
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

SCENARIO = {
    "id": "scaler-fitted-on-one-row", "family": "preprocessing",
    "tensorflow": ">=2.13", "extras": ["scikit-learn"], "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "constant",
        "restore_broken_without_bias": "zeros",
        "restore_broken_by_hand": "nan",
        "restore_fixed_training_statistics": "match",
    },
    "saves": {"restore_broken_without_bias": "save_without_bias"},
    "dose": {"path": "restore_broken", "of": "rows in a request", "values": [1, 2, 4, 16, 64]},
    "hints": [
        "All predictions are equal. Are the rows still different where they enter the model?",
        "Print what fit_transform makes of a single row.",
        "statistics.npz holds mean and std of many rows. One row needs those.",
    ],
}


def save(artifact, seed, use_bias=True):
    rng = np.random.default_rng(seed)
    parcels = rng.gamma([2, 4, 3], [6, 2, 0.8], (512, 3)).astype("float32")  # km, stops, kg
    minutes = 9 + parcels @ [1.5, 4.0, 2.0] + rng.normal(0, 3, 512)  # until the parcel arrives
    mean, std = parcels.mean(axis=0), parcels.std(axis=0)
    first = tf.keras.layers.Dense(16, activation="tanh", use_bias=use_bias)
    head = tf.keras.layers.Dense(1, use_bias=use_bias)
    model = tf.keras.Sequential([tf.keras.Input((3,)), first, head])
    train(first, head, rng, (parcels - mean) / std, minutes)
    model.save(artifact + "/model.keras")
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    inputs = rng.gamma([2, 4, 3], [6, 2, 0.8], (64, 3)).astype("float32")  # the next day
    return inputs, model.predict_on_batch((inputs - mean) / std), model


def save_without_bias(artifact, seed):
    return save(artifact, seed, use_bias=False)


def serve(artifact, scale, rows_in_a_request):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(inputs):
        starts = range(0, len(inputs), rows_in_a_request)
        scaled = [scale(inputs[start:start + rows_in_a_request]) for start in starts]
        return model.predict_on_batch(np.concatenate(scaled))

    return predict, model


def restore_broken(artifact, dose=1):
    return serve(artifact, lambda request: StandardScaler().fit_transform(request), dose)


def restore_broken_without_bias(artifact):
    return restore_broken(artifact)


def restore_broken_by_hand(artifact):
    return serve(artifact, lambda row: (row - row.mean(axis=0)) / row.std(axis=0), 1)


def restore_fixed_training_statistics(artifact):
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    return serve(artifact, lambda request: (request - mean) / std, 1)


def train(first, head, rng, inputs, targets):  # in place of fit: a random layer, the best head
    weights = [rng.normal(size=(3, 16)), rng.normal(size=16)]
    first.set_weights(weights if first.use_bias else weights[:1])
    hidden = first(inputs).numpy()
    rows = np.column_stack([hidden, np.ones(len(hidden))]) if head.use_bias else hidden
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0][:, None]
    head.set_weights([solution[:16], solution[16]] if head.use_bias else [solution])
