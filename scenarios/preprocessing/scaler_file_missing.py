"""The scaler's file was not deployed. A fallback hides that, and raw features saturate the network.

Symptom:
    "Keras model gives the same output for every input in production", right on the laptop. Or, if
    a new scaler steps in: "NotFittedError: This StandardScaler instance is not fitted yet".
Cause:
    model.keras was copied to the server, and scaler.joblib was not. If the file is missing, the
    code skips the scaling. With 300 kelvin and 1013 hectopascal, a tanh unit of a network for
    z-scores is exactly 1 or -1 for every row, so all rows give the same output. (ReLU units give
    huge or zero outputs: article-regressor, dead-relu-head.)
Fix:
    shipped_scaler: deploy both files as one folder, and raise an error if one is missing.
    statistics_in_the_model: put a Normalization layer with mean and variance into the model. Raw
    features become the right input, and no second file can get lost. Prefer this layer.
Spot it:
    A tanh or sigmoid layer is saturated if its outputs do not vary between rows:
        print(model.layers[0](inputs).numpy().std(axis=0))  # here 0.2 to 0.6 scaled, 0.0 raw
Evidence:
    Eshajha19/agri#2189 (scaler never saved), scikit-learn/scikit-learn#6596, Kotlin/kotlindl#287.
    Constant on 19 of 20 seeds (TensorFlow 2.21): a unit with weights that cancel stays alive.
"""
import os

import joblib
import numpy as np
import tensorflow as tf
from sklearn.preprocessing import FunctionTransformer, StandardScaler

SCENARIO = {
    "id": "scaler-file-missing", "family": "preprocessing",
    "tensorflow": ">=2.13", "extras": ["scikit-learn"], "minutes": 8,
    "seed": 0,  # chosen: constant; seed 12 differs
    "expect": {
        "restore_broken": [{"verdict": "constant", "rate": [0.75, 1.0]}],
        "restore_broken_new_scaler": [
            {"verdict": "error", "raises": "This StandardScaler instance is not fitted yet"}],
        "restore_fixed_shipped_scaler": "match",
        "restore_fixed_statistics_in_the_model": "match",
    },
    "hints": [
        "One output for all rows, and the weights are right. Where do the rows become equal?",
        "List the files in deployed/. Which one does the code not find?",
        "Raw features need mean and std: from the file, or from a layer in the model.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    air = rng.normal([293, 1013], [8, 9], size=(512, 2)).astype("float32")  # kelvin, hectopascal
    demand = 40 + air @ [-0.6, 0.2] + rng.normal(0, 1, 512)  # megawatts of heating in a town
    scaler = StandardScaler().fit(air)
    first, head = tf.keras.layers.Dense(6, activation="tanh"), tf.keras.layers.Dense(1)
    model = tf.keras.Sequential([tf.keras.Input((2,)), first, head])
    train(first, head, rng, scaler.transform(air), demand)
    normalization = tf.keras.layers.Normalization(mean=scaler.mean_, variance=scaler.var_)
    os.mkdir(artifact + "/deployed")
    model.save(artifact + "/deployed/model.keras")
    tf.keras.Sequential([tf.keras.Input((2,)), normalization, first, head]).save(
        artifact + "/deployed/model_for_raw_features.keras")
    joblib.dump(scaler, artifact + "/scaler.joblib")  # beside the notebook
    inputs = rng.normal([293, 1013], [8, 9], size=(64, 2)).astype("float32")
    return inputs, model.predict_on_batch(scaler.transform(inputs)), model


def serve(artifact, fallback, scaler_file="/deployed/scaler.joblib"):
    model = tf.keras.models.load_model(artifact + "/deployed/model.keras")
    found = os.path.exists(artifact + scaler_file)
    scaler = joblib.load(artifact + scaler_file) if found else fallback
    return lambda inputs: model.predict_on_batch(scaler.transform(inputs)), model


def restore_broken(artifact):
    return serve(artifact, FunctionTransformer())  # gives back what it gets


def restore_broken_new_scaler(artifact):
    return serve(artifact, StandardScaler())


def restore_fixed_shipped_scaler(artifact):
    return serve(artifact, None, "/scaler.joblib")


def restore_fixed_statistics_in_the_model(artifact):
    return tf.keras.models.load_model(
        artifact + "/deployed/model_for_raw_features.keras").predict_on_batch


def train(first, head, rng, inputs, targets):  # in place of fit: a random layer, the best head
    first.set_weights([rng.normal(0, 0.5, (2, 6)), rng.normal(0, 0.5, 6)])
    features = np.column_stack([first(inputs), np.ones(len(inputs))])
    solution = np.linalg.lstsq(features, targets, rcond=None)[0]
    head.set_weights([solution[:6, None], solution[6:]])
