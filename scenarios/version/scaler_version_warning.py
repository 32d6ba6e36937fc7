"""A scaler from another scikit-learn warns of "invalid results", and scales exactly as before.

Symptom:
    "InconsistentVersionWarning: Trying to unpickle estimator StandardScaler from version 1.3.2 when
    using version 1.9.1. This might lead to breaking code or invalid results. Use at your own risk."
    from joblib.load, before the first prediction. "Are the results still reliable?"
Cause:
    scikit-learn does not promise that pickles of another release work, and warns whenever the
    version differs. scikit-learn does not check the contents. A StandardScaler is two arrays, mean_
    and scale_, and transform() still is (x - mean_) / scale_.
Fix:
    Check these arrays, not the version: apply the formula by hand and compare, as below. To avoid
    the pickle (and running its code), save mean_ and scale_ with np.savez, or put them into the
    model: Normalization(mean=mean_, variance=scale_**2).
Spot it:
        np.allclose(scaler.transform(x), (x - scaler.mean_) / scaler.scale_, atol=1e-5)
    A real failure is an exception (NotFittedError, no such attribute), or a scaler that was fitted
    again on current data (scenario scaler-refitted).
Evidence:
    LHentges/LanceOtron#19, sbslee/pypgx#112 ("warnings, not errors"), NotVinay/karaokey#2 (the
    cure: arrays), scikit-learn/scikit-learn#6596 (a pickle that did break).
    Measured with this file: written with scikit-learn 1.3.2 beside TensorFlow 2.15.0, read with
    1.9.1 beside 2.21: a match.
"""
import joblib
import numpy as np
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

SCENARIO = {
    "id": "scaler-version-warning",
    "family": "version",
    "tensorflow": ">=2.16",  # the readers; `save` wrote the files in 2.15.0 with scikit-learn 1.3.2
    "extras": ["scikit-learn"],
    "artifact": {"writer": "2.15.0", "folder": "scaler_version_warning"},
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "Trying to unpickle estimator StandardScaler from version 1.3.2",
    "minutes": 6,
    "hints": [
        "What does the warning compare: numbers in the scaler, or the release?",
        "Which arrays does transform() use?",
        "Compute (x - scaler.mean_) / scaler.scale_ and compare it with transform(x).",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    readings = rng.normal([60, 7.2, 450], [8, 0.4, 90], size=(256, 3)).astype("float32")
    quality = readings @ np.array([[0.02], [-1.5], [0.004]]) + 12  # of water; pH is the second
    scaler = StandardScaler().fit(readings)
    scaled = scaler.transform(readings)
    # Least squares: what training of a single layer ends with.
    weights = np.linalg.lstsq(np.c_[scaled, np.ones(256)], quality, rcond=None)[0]
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    model.set_weights([weights[:3], weights[3]])
    model.save(artifact + "/model.h5", include_optimizer=False)
    joblib.dump(scaler, artifact + "/scaler.joblib")
    return readings[:64], model.predict_on_batch(scaled[:64]), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    scaler = joblib.load(artifact + "/scaler.joblib")

    def predict(inputs):
        scaled = scaler.transform(inputs)
        if not np.allclose(scaled, (inputs - scaler.mean_) / scaler.scale_, atol=1e-5):
            raise ValueError("the scaler computes something else than it learned")
        return model.predict_on_batch(scaled)

    return predict, model
