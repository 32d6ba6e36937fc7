"""Training digits are bright on black, a user's drawing is dark on white: every pixel is inverted.

Symptom:
    "MNIST model is always wrong on my own handwriting", "my digit is always 8". No error. Shape,
    type and range of the picture are right.
Cause:
    In MNIST the background is 0 and the ink is near 1. In a scan, a photo or a drawing program the
    paper is near 1 and the ink near 0. The model gets a bright square with a dark digit.
Fix:
    inverted: 1 - picture, or 255 - picture before the division, where the border is bright.
    How it differs from missing-rescale-255: the range is right, and bright and dark are exchanged.
Spot it:
    The border of a training picture is dark:
        print(inputs[:, 0].mean(), inputs[:, -1].mean())
Evidence:
    sugyan/tensorflow-mnist#7 (scanned digits, the line that inverts was commented out),
    makeyourownneuralnetwork/makeyourownneuralnetwork#46, both read on 2026-11-26 as search
    excerpts.
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "dark-ink-on-white-paper", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 7,
    "expect": {"restore_broken": "differs", "restore_fixed_inverted": "match"},
    "hints": [
        "Look at one picture of the training beside one of your own.",
        "Which number stands for the paper in each of the two?",
        "1 - picture swaps ink and paper.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    strokes = np.zeros((4, 12, 12))  # four signs, bright on black
    strokes[0, 2:10, 5:7] = strokes[1, 5:7, 2:10] = 1
    strokes[2, 2:10, 2:4] = strokes[2, 2:4, 2:10] = 1
    strokes[3, 2:10, 8:10] = strokes[3, 8:10, 2:10] = 1
    signs = rng.integers(0, 4, 96)
    ink = strokes[signs] * rng.uniform(0.6, 1, (96, 1, 1)) + rng.uniform(0, 0.05, (96, 12, 12))
    ink = np.clip(ink, 0, 1).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((12, 12)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(4, activation="softmax"),
    ])
    fit_head(model, ink.reshape(96, -1), np.eye(4)[signs])
    model.save(artifact + "/model.h5")
    return 1 - ink, model.predict_on_batch(ink), model  # a scan of the same signs on paper


def load(artifact, prepare):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda scans: model.predict_on_batch(prepare(scans)), model


def restore_broken(artifact):
    return load(artifact, lambda scans: scans)


def restore_fixed_inverted(artifact):
    def prepare(scans):
        paper_is_bright = scans[:, 0].mean() > 0.5
        return 1 - scans if paper_is_bright else scans

    return load(artifact, prepare)


def fit_head(model, pixels, targets):  # in place of fit: least squares, without the noise
    rows = np.column_stack([pixels, np.ones(len(pixels))])
    solution = 3 * np.linalg.lstsq(rows, targets, rcond=0.1)[0]
    model.set_weights([solution[:-1], solution[-1]])
