"""The service uses 0 as a class and the model as padding: whole sequences are masked.

Symptom:
    "Keras GRU / LSTM returns 0 for some sequences"; with average pooling behind it,
    "GlobalAveragePooling1D nan". Only machines without any fault are affected, which is nearly all
    machines.
Cause:
    With mask_zero=True (or Masking(0.0)) the number 0 means "nothing here". Training counted codes
    from 1 and used 0 for padding. The service counts from 0, so "running, no fault" becomes
    padding. A GRU or LSTM skips masked steps and stays in its initial state, zero. A head without
    bias turns zero into zero. GlobalAveragePooling1D divides by the number of remaining steps: 0 /
    0 is NaN. A code of a real fault is too small by one: its prediction is wrong, but not zero.
Fix:
    codes_from_one: number the codes as in training, and use 0 for padding only.
    For measured values in place of codes: Masking(mask_value=-999.0), a value that cannot occur.
Spot it:
        print((ids != 0).any(axis=1).mean())  # below 1: some sequences consist of padding
Evidence:
    keras-team/keras#2819 (any mask value may be a value of the data too).
    Measured with this file: zeros and NaN on 20 of 20 seeds (TensorFlow 2.21, on a CPU; seed 0 in
    2.15, 2.16, 2.18, 2.20 and tf_keras as well).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "masking-eats-zeros", "family": "preprocessing",
    "tensorflow": ">=2.1", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "zeros",
        "restore_broken_pooling": "nan",
        "restore_fixed_codes_from_one": "match",
        "restore_fixed_pooling": "match",
    },
    "saves": {"restore_broken_pooling": "save_pooling", "restore_fixed_pooling": "save_pooling"},
    "hints": [
        "The weights are equal. What does a GRU return if every step is masked?",
        "Print the numbers that enter the model for a machine that runs without a fault.",
        "save adds 1 to every code. Why, and who does it after load_model?",
    ],
}

RUNNING, JAM, OVERHEATED = 0, 1, 2  # one code per hour of a machine's log
HOURS = 8
END = -1  # behind the last hour of a log


def write_logs(rng, count, faults):
    codes = rng.choice([RUNNING, JAM, OVERHEATED], p=[1 - faults, faults / 2, faults / 2],
                       size=(count, HOURS))
    lengths = rng.integers(1, HOURS + 1, size=count)
    return np.where(np.arange(HOURS) < lengths[:, None], codes, END)


def save(artifact, seed, pooling=False):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((HOURS,)),
        tf.keras.layers.Embedding(4, 4, mask_zero=True),  # padding and three codes
        tf.keras.layers.GRU(8, return_sequences=pooling),
    ])
    if pooling:
        model.add(tf.keras.layers.GlobalAveragePooling1D())
    model.add(tf.keras.layers.Dense(1, use_bias=False))  # no hours, no wear
    logs = write_logs(rng, 128, faults=0.2)
    wear = ((logs >= 0) + 5.0 * (logs > 0)).sum(axis=1, keepdims=True)
    train(model, rng, logs + 1, wear)
    model.save(artifact + "/wear.keras")
    healthy = write_logs(rng, 32, faults=0)  # a quiet week: every machine is running
    return healthy, model(healthy + 1).numpy(), model  # the end becomes 0, the code RUNNING 1


def save_pooling(artifact, seed):
    return save(artifact, seed, pooling=True)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/wear.keras")
    return lambda logs: model(np.maximum(logs, 0)).numpy(), model  # the end becomes 0


def restore_broken_pooling(artifact):
    return restore_broken(artifact)


def restore_fixed_codes_from_one(artifact):
    model = tf.keras.models.load_model(artifact + "/wear.keras")
    return lambda logs: model(logs + 1).numpy(), model


def restore_fixed_pooling(artifact):
    return restore_fixed_codes_from_one(artifact)


def train(model, rng, inputs, targets):  # in place of fit: a random GRU, the best head over it
    weights = [rng.normal(0, 0.5, each.shape) for each in model.get_weights()]
    weights[3][:, :8] += 1  # bias of the update gate: this GRU forgets slowly
    model.set_weights(weights)
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    model.layers[-1].set_weights([np.linalg.lstsq(features, targets, rcond=None)[0]])
