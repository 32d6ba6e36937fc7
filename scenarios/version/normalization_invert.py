"""Normalization(invert=True) of TensorFlow 2.10 comes back wrong twice: not inverted, then shifted.

Symptom:
    The last layer turns z-scores back into units. After load_model predictions are small numbers
    around 0, not kilowatt hours. Rebuilt in code from the same weights, in TensorFlow 2.11 or
    later, predictions are in a third range. No error, and get_weights() is equal each time.
Cause:
    Loading: get_config() of the layer did not store `invert` before TensorFlow 2.13, so a loaded
    layer normalises again instead of inverting. The file never contains `invert`. Rebuilding: 2.10
    inverted with (z + mean) * std, a mistake. 2.11 corrected the formula to z * std + mean, but
    training through the old formula fitted this network to the mistake.
Fix:
    old_formula: write the arithmetic out, with a Rescaling made from the stored statistics. For a
    file written in 2.11 or 2.12 the formula is right and only `invert` is missing: rebuild there.
    In a new model use a Rescaling, or invert after predict. Neither can lose an argument.
Spot it:
        '"invert"' in h5py.File("model.h5", "r").attrs["model_config"]  # False: it will be lost
Evidence:
    keras-team/keras#17486 and #17556 (not inverted), #17054 (the formula). Measured with this file,
    written by 2.10: both differ in 2.12, 2.15, 2.16, 2.18, 2.20, 2.21 and tf_keras 2.21; rebuilt in
    2.10, it matches.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "normalization-invert",
    "family": "version",
    "tensorflow": ">=2.10",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "normalization_invert"},
    "seed": 0,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_rebuild": [
            {"reader": "<2.11", "verdict": "match", "why": "It still has the formula of 2.10."},
            {"verdict": "differs"}],
        "restore_fixed_old_formula": "match",
    },
    "minutes": 10,
    "hints": [
        "Print layer.invert of the loaded model's last layer. What did you build it with?",
        "Set it to True: the numbers change, but not to the old ones. What does it do for z = 0?",
        "TensorFlow 2.10 computed (z + mean) * std. Which scale and offset is that?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    day = rng.normal(size=(128, 3)).astype("float32")  # warmth, wind, hour: z-scores
    wanted = 20 - 4 * day[:, :1] + 2 * day[:, 2:] + rng.normal(scale=0.3, size=(128, 1))  # kWh
    back_to_kwh = tf.keras.layers.Normalization(invert=True)
    back_to_kwh.adapt(wanted)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1), back_to_kwh])
    mean, std = wanted.mean(), wanted.std()
    line = np.linalg.lstsq(np.column_stack([day, np.ones(128)]), wanted / std - mean, rcond=None)[0]
    model.layers[0].set_weights([line[:-1], line[-1]])  # what training through the layer arrives at
    model.save(artifact + "/model.h5")
    return day, model(day).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_rebuild(artifact):
    back_to_kwh = tf.keras.layers.Normalization(invert=True)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1), back_to_kwh])
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_old_formula(artifact):
    _, loaded = restore_broken(artifact)
    dense, normalization = loaded.layers
    mean, variance = [float(np.ravel(each)[0]) for each in normalization.get_weights()[:2]]
    std = variance ** 0.5
    back_to_kwh = tf.keras.layers.Rescaling(scale=std, offset=mean * std)  # (z + mean) * std
    model = tf.keras.Sequential([tf.keras.Input((3,)), dense, back_to_kwh])
    return lambda inputs: model(inputs).numpy()
