"""A solar forecast is 0.0 for every row and looks broken, but the sun is below the horizon.

Symptom:
    "My restored Keras model predicts 0 for every sample." The smoke test after the deployment at
    23:00 printed 0.0 kW twelve times, so the release was rolled back. The model was right.
Cause:
    The ReLU output gives 0 wherever the sum before it is negative, which is right at night. A batch
    of night inputs says nothing about day inputs. A badly restored model can show the same zeros,
    so zeros alone prove nothing.
Fix:
    Do not judge a restore by live inputs. Save a few inputs of every regime (here two nights and
    two noons) with their predictions beside the model, and compare the predictions after loading.
    The path below does this, and the warning stays a warning.
Spot it:
    Feed one row that must not give zero. Here noon gives 9.8 kW. If the ReLU is dead (scenario
    dead-relu-head), no row gives more than 0.0:
        model.predict_on_batch(np.array([[55.0, 20.0, 18.0]], "float32"))
Evidence:
    Grid2op/chronix2grid#72 ("when solar is zero at night ... are they zero?"),
    Zara-Toorox/Solar-Forecast-ML#4 (always 0.0 kWh: there it was a fault).
    Measured with this file: zeros, rightly, on 20 of 20 seeds (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "zero-at-night",
    "family": "preprocessing",
    "tensorflow": ">=2.2",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "every forecast is exactly 0.0",
    "allow_constant_reference": True,  # it was zero before saving, too
    "minutes": 8,
    "hints": [
        "Which inputs did the smoke test use, and what would be the right answer for them?",
        "Look at the first column of the inputs: the elevation of the sun in degrees.",
        "known.npz holds inputs with the predictions from before saving. Compare those.",
    ],
}


def hours(rng, elevation):
    cloud = rng.uniform(0, 100, len(elevation))  # percent of the sky
    temperature = rng.normal(15, 6, len(elevation))  # degrees Celsius
    return np.stack([elevation, cloud, temperature], axis=1).astype("float32")


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    days = hours(rng, rng.uniform(5, 60, 512))  # sun in degrees above the horizon
    power = 0.18 * days[:, :1] - 0.02 * days[:, 1:2] + 0.3 + rng.normal(0, 0.2, (512, 1))  # kW
    model = tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.Dense(1, activation="relu"),  # a panel never takes power
    ])
    fit_head(model, days, power)  # daylight hours only
    model.save(artifact + "/model.keras")
    known = hours(rng, np.array([-40.0, -15.0, 50.0, 55.0]))
    np.savez(artifact + "/known.npz", inputs=known, power=model.predict_on_batch(known))
    night = hours(rng, rng.uniform(-50, -10, 12))  # twelve stations at 23:00
    return night, model.predict_on_batch(night), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    known = np.load(artifact + "/known.npz")
    if not np.allclose(model.predict_on_batch(known["inputs"]), known["power"], atol=1e-3):
        raise ValueError("the model did not come back")

    def predict(inputs):
        power = model.predict_on_batch(inputs)
        if not power.any():
            warnings.warn("every forecast is exactly 0.0")
        return power

    return predict, model


def fit_head(model, features, targets):  # least squares: where training of a single layer ends
    rows = np.c_[features, np.ones(len(features))]
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0]
    model.set_weights([solution[:-1], solution[-1]])
