"""Dropout and BatchNormalization are still in training mode when the restored model predicts.

Symptom:
    "Keras predictions change every time I call the model", "prediction depends on the batch size",
    "same output for every input with a batch of one". No error; the weights are equal.
Cause:
    training=True is often left over from a training loop. With it Dropout still drops units (other
    units at each call) and BatchNormalization uses mean and variance of the current batch instead
    of its saved statistics. The mean of one row is the row itself: each normalised value becomes 0,
    and after that layer all rows are equal. K.set_learning_phase(1), an exported training graph and
    training=True passed on to sublayers in your own call() have the same effect.
Fix:
    training_false: call model(inputs, training=False). model(inputs) alone, predict and
    predict_on_batch do the same, unless the code of a layer sets training=True.
Spot it:
    A row must give the same output twice, and alone or with other rows:
        predict(x[:1]) == predict(x[:1]) == predict(x)[:1]
Evidence:
    tensorflow/tensorflow#9796 (one row), filipetrocadoferreira/end2endlobesegmentation#4.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "training-mode-at-inference", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_one_by_one": "constant",
        "restore_fixed_training_false": "match",
    },
    "dose": {"path": "restore_broken", "of": "share of units that Dropout drops",
             "values": [0, 0.1, 0.25, 0.5, 0.75]},
    "hints": [
        "The weights are equal. Does the model give the same for the same row, twice?",
        "Which layers behave differently in training, and which argument sets their mode?",
        "What are mean and variance of a batch that has one row? What is left of the row?",
    ],
}


def build(dropped=0.25):
    return tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dropout(dropped),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    runners = rng.normal(size=(64, 3)).astype("float32")  # age, weekly km, pulse at rest: z-scores
    minutes = 52 + 4 * np.abs(runners[:, :1]) - 5 * runners[:, 1:2] + 2 * runners[:, 2:]  # 10 km
    model = build()
    train(model, rng, runners, minutes)
    model.save_weights(artifact + "/model.weights.h5")
    return runners, model(runners).numpy(), model


def restore_broken(artifact, dose=0.25):
    model = build(dropped=dose)
    model.load_weights(artifact + "/model.weights.h5")
    return lambda inputs: model(inputs, training=True).numpy(), model


def restore_broken_one_by_one(artifact):
    _, model = restore_broken(artifact)
    answer = tf.function(lambda row: model(row, training=True))  # a server: one runner a request
    return lambda inputs: np.concatenate([answer(row[None]) for row in inputs]), model


def restore_fixed_training_false(artifact):
    _, model = restore_broken(artifact)
    return lambda inputs: model(inputs, training=False).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: a random layer, the best head over it
    dense, _, normalization, head = model.layers
    dense.set_weights([rng.normal(size=(3, 16)), rng.normal(size=16)])
    hidden = dense(inputs).numpy()
    mean, variance = hidden.mean(axis=0), hidden.var(axis=0)
    normalization.set_weights([np.ones(16), np.zeros(16), mean, variance])  # gamma, beta, moving
    features = np.column_stack([normalization(hidden), np.ones(len(inputs))])
    weights = np.linalg.lstsq(features, targets, rcond=None)[0]
    head.set_weights([weights[:-1], weights[-1]])
