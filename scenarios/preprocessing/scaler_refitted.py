"""A scaler fitted again on the incoming batch makes a hot week look like an average week.

Symptom:
    "fit_transform on test data", "predictions wrong after load_model although the input is
    scaled". Gardens in a heat wave get 112 litres, as in an average week, and need 172. No error.
Cause:
    Training computed mean and std from a whole year. The restored code calls fit_transform, which
    computes mean and std again from the current batch, so every batch becomes average. Keras has
    the same mistake under another name: adapt() on a restored model overwrites the statistics of
    its Normalization layer.
Fix:
    saved_scaler: save the fitted scaler with the model, and call transform, never fit_transform.
    With a Normalization layer in the model nothing is needed after load_model: no adapt().
    How it differs from scaler-fitted-on-one-row: the batch has many rows, so the inputs still vary.
Spot it:
    Scaled with the training statistics, an unusual batch looks unusual. If every batch, of a hot
    week too, has mean 0 and std 1, the scaler was fitted again:
        print(scaled.mean(axis=0), scaled.std(axis=0))
Evidence:
    tensorflow/skflow#157, MLCIL/scikit-fingerprints#138, GeoscienceAustralia/uncover-ml#2 (not
    read by us).
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21).
"""
import joblib
import numpy as np
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

SCENARIO = {
    "id": "scaler-refitted", "family": "preprocessing",
    "tensorflow": ">=2.13", "extras": ["scikit-learn"], "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_adapted_again": "differs",
        "restore_fixed_saved_scaler": "match",
    },
    "saves": {"restore_broken_adapted_again": "save_with_normalization_layer"},
    "hints": [
        "The weights came back exactly. What happens to a row before the model sees it?",
        "Compare the mean of the scaled batch with the mean of the scaled training rows.",
        "scaler.joblib holds what training computed. Nothing needs to be fitted again.",
    ],
}


def gardens(seed):
    rng = np.random.default_rng(seed)
    year = rng.normal([12, 70], [9, 12], size=(1024, 2)).astype("float32")  # degrees C, % humidity
    july = rng.normal([27, 55], [3, 8], size=(64, 2)).astype("float32")
    litres = year @ [3.0, -0.5] + 120 + rng.normal(0, 5, 1024)  # water that a garden needs
    return year, litres, july


def fit_head(layer, scaled, litres):  # least squares: where training with "mse" ends
    rows = np.column_stack([scaled, np.ones(len(scaled))])
    solution = np.linalg.lstsq(rows, litres, rcond=None)[0]
    layer.set_weights([solution[:-1, None], solution[-1:]])


def save(artifact, seed):
    year, litres, july = gardens(seed)
    scaler = StandardScaler().fit(year)
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
    fit_head(model.layers[-1], scaler.transform(year), litres)
    model.save(artifact + "/model.keras")
    joblib.dump(scaler, artifact + "/scaler.joblib")
    return july, model.predict_on_batch(scaler.transform(july)), model


def save_with_normalization_layer(artifact, seed):
    year, litres, july = gardens(seed)
    normalization = tf.keras.layers.Normalization()
    normalization.adapt(year)
    model = tf.keras.Sequential([tf.keras.Input((2,)), normalization, tf.keras.layers.Dense(1)])
    fit_head(model.layers[-1], normalization(year).numpy(), litres)
    model.save(artifact + "/model.keras")
    return july, model.predict_on_batch(july), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model.predict_on_batch(StandardScaler().fit_transform(inputs)), model


def restore_broken_adapted_again(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(inputs):
        model.layers[0].adapt(inputs)  # "so that the layer knows the new data"
        return model.predict_on_batch(inputs)

    return predict, model


def restore_fixed_saved_scaler(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    scaler = joblib.load(artifact + "/scaler.joblib")
    return lambda inputs: model.predict_on_batch(scaler.transform(inputs)), model
