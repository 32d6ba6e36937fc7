"""Weights saved one by one are sorted as text, 10 before 2, and get into each other's layers.

Symptom:
    Saved with np.savez(path, *model.get_weights()) and loaded with set_weights, the model predicts
    nonsense, without an error. With fewer layers the same code worked for years.
Cause:
    As text, arr_10 comes before arr_2. sorted(archive.files), sorted(glob("weight_*.npy")) and most
    listings of folders sort as text, so the order differs from the 11th array on. set_weights goes
    by position and checks shapes only. Blocks of one shape can therefore be exchanged. Any other
    change of order has the same effect, such as trainable_weights first.
Fix:
    archive_order: do not sort. archive.files keeps the order of saving.
    numeric_order: sort by the number in the name, or write the number with leading zeros.
    Better: use model.save_weights, which needs no names of your own.
Spot it:
        print(sorted(np.load("weights.npz").files))  # does arr_10 follow arr_1?
Evidence:
    tensorflow/tfjs-converter#178 ("wrong assumption about the order of weights").
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21), and in 2.4 to 2.20.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "weights-sorted-as-text", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_archive_order": "match",
        "restore_fixed_numeric_order": "match",
    },
    "hints": [
        "The set of restored weights is the saved one. Is each where it was?",
        "Print the names in the order in which they are read.",
        "Compare sorted(['arr_2', 'arr_10']) with the order of the numbers.",
    ],
}


def build_denoiser():
    return tf.keras.Sequential(
        [tf.keras.Input((12,))]
        + [tf.keras.layers.Dense(12, activation="tanh") for _ in range(5)]
        + [tf.keras.layers.Dense(12)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = build_denoiser()
    model.set_weights([rng.normal(0, 0.3, size=each.shape) + 0.3  # stands for trained weights
                       for each in model.get_weights()])
    np.savez(artifact + "/weights.npz", *model.get_weights())
    spectra = rng.normal(size=(64, 12)).astype("float32")  # twelve bands
    return spectra, model.predict_on_batch(spectra), model


def restore_broken(artifact):
    archive = np.load(artifact + "/weights.npz")
    model = build_denoiser()
    model.set_weights([archive[name] for name in sorted(archive.files)])
    return model.predict_on_batch, model


def restore_fixed_archive_order(artifact):
    archive = np.load(artifact + "/weights.npz")
    model = build_denoiser()
    model.set_weights([archive[name] for name in archive.files])
    return model.predict_on_batch, model


def restore_fixed_numeric_order(artifact):
    archive = np.load(artifact + "/weights.npz")
    model = build_denoiser()
    model.set_weights([archive["arr_%d" % number] for number in range(len(archive.files))])
    return model.predict_on_batch, model
