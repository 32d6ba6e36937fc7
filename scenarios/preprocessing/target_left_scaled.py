"""A network was trained on targets scaled to 0..1, and its predictions are not scaled back.

Symptom:
    "Keras regression predicts values between 0 and 1", "predictions near zero instead of
    hundreds": 0.1 to 0.9 bicycles, not 116 to 759. Cast to whole numbers all predictions are 0.
Cause:
    The target was scaled to 0..1 for training, so the network predicts shares of the range. The
    notebook scaled the predictions back with the scaler in its memory. The saved model does not
    contain the scaler.
Fix:
    saved_range: save the target's minimum and maximum too, and scale every prediction back.
    rescaling_layer: append a Rescaling layer that scales back, and save that model. Then one file
    is enough, and every caller gets the right unit. Prefer this layer.
Spot it:
    Compare the range of the predictions with the range of known targets. If the two ranges differ
    by a factor, the scale is missing:
        print(predictions.min(), predictions.max(), targets.min(), targets.max())
Evidence:
    Eshajha19/agri#2189 and #2204, Kulbear/stock-prediction#2 ("how to revert pred values"),
    JulesBelveze/time-series-autoencoder#18.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import json

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "target-left-scaled", "family": "preprocessing",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_whole_numbers": "zeros",
        "restore_fixed_saved_range": "match",
        "restore_fixed_rescaling_layer": "match",
    },
    "hints": [
        "Plot wrong against right predictions. What kind of curve is it?",
        "In which unit were the targets when the loss was computed?",
        "target_range.json holds the smallest and the largest number of bicycles.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    weather = rng.uniform([0, 0], [30, 60], size=(512, 2)).astype("float32")  # degrees C, km/h
    bicycles = 180 + weather @ [22.0, -2.5] + rng.normal(0, 15, 512)  # rented in an hour
    low, high = bicycles.min(), bicycles.max()
    mean, std = weather.mean(axis=0), weather.std(axis=0)
    model = tf.keras.Sequential([
        tf.keras.Input((2,)),
        tf.keras.layers.Normalization(mean=mean, variance=std ** 2),
        tf.keras.layers.Dense(1),
    ])
    fit_head(model.layers[-1], (weather - mean) / std, (bicycles - low) / (high - low))
    model.save(artifact + "/model.keras")
    with open(artifact + "/target_range.json", "w") as file:
        json.dump([low, high], file)
    inputs = rng.uniform([2, 0], [27, 60], size=(64, 2)).astype("float32")  # ordinary days
    return inputs, model.predict_on_batch(inputs) * (high - low) + low, model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model


def restore_broken_whole_numbers(artifact):
    predict, model = restore_broken(artifact)
    return lambda inputs: predict(inputs).astype("int64"), model  # there are no half bicycles


def read_range(artifact):
    with open(artifact + "/target_range.json") as file:
        return json.load(file)


def restore_fixed_saved_range(artifact):
    predict, model = restore_broken(artifact)
    low, high = read_range(artifact)
    return lambda inputs: predict(inputs) * (high - low) + low, model


def restore_fixed_rescaling_layer(artifact):
    _, trained = restore_broken(artifact)
    low, high = read_range(artifact)
    model = tf.keras.Sequential([
        tf.keras.Input((2,)), trained, tf.keras.layers.Rescaling(high - low, offset=low)])
    return model.predict_on_batch  # model.save() now, and nobody has to know about the range


def fit_head(head, features, targets):  # least squares: where training with "mse" ends
    rows = np.column_stack([features, np.ones(len(features))])
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0]
    head.set_weights([solution[:2, None], solution[2:]])
