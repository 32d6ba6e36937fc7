"""The digits of the training are bright on black, and a scan is dark ink on white paper.

Symptom:
    "It was 98 % on MNIST and says the same few digits for all my own drawings." No error. Shape and
    range of the scan are right, and the model is certain.
Cause:
    The training images have 0 for the ground and large values for the ink. Paper is white, so in a
    scan the ground has the large values. Every pixel is inverted. The image resembles no digit of
    the training, and whichever digit is nearest by accident wins.
Fix:
    inverted: 255 - image, where the border of the image is bright.
Spot it:
    The border of an image is the ground. It must be as in the training:
        print(images[:, 0].mean(), training[:, 0].mean())
Evidence:
    sugyan/tensorflow-mnist#7 and EN10/KerasMNIST#1 (named to us, not read by us). Measured with
    this file. Kin: bgr-instead-of-rgb swaps colours, missing-rescale-255 keeps the range wrong.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "dark-ink-on-white-paper", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 4,
    "expect": {"restore_broken": "differs", "restore_fixed_inverted": "match"},
    "hints": [
        "Show one image of the training and one scan side by side.",
        "Which value has the ground, and which the ink, in each of them?",
        "The border of a drawing is the ground: let it decide whether to invert.",
    ],
}
SEGMENTS = ["012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356"]
PLACES = [(0, slice(1, 3)), (slice(1, 3), 3), (slice(4, 6), 3), (6, slice(1, 3)),
          (slice(4, 6), 0), (slice(1, 3), 0), (3, slice(1, 3))]  # the bars of a pocket calculator


def draw_digits():
    digits = np.zeros((10, 9, 6))
    for digit, segments in zip(digits, SEGMENTS):
        for segment in map(int, segments):
            digit[1:8, 1:5][PLACES[segment]] = 1.0
    return digits


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    digits = draw_digits()
    labels = np.concatenate([np.arange(10), rng.integers(0, 10, 54)])
    strength = rng.uniform(0.8, 1.0, (64, 1, 1))
    ink = np.clip(255 * strength * digits[labels] + rng.normal(0, 8, (64, 9, 6)), 0, 255)
    model = tf.keras.Sequential([
        tf.keras.Input((9, 6)), tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(10, activation="softmax"),
    ])
    # in place of a training: the digit at the smallest distance wins
    flat = digits.reshape(10, -1)
    model.layers[-1].set_weights([4 * flat.T, -2 * (flat ** 2).sum(axis=1)])
    model.save(artifact + "/model.h5")
    scans = (255 - ink).astype("uint8")
    answer = model.predict_on_batch((255 - scans).astype("float32") / 255)
    return scans, answer.argmax(axis=1)[:, None].astype("float32"), model


def restore_broken(artifact, prepare=lambda scans: scans):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)

    def predict(inputs):
        answer = model.predict_on_batch(prepare(inputs).astype("float32") / 255)
        return answer.argmax(axis=1)[:, None].astype("float32")

    return predict, model


def restore_fixed_inverted(artifact):
    def prepare(scans):
        return 255 - scans if scans[:, 0].mean() > 127 else scans

    return restore_broken(artifact, prepare)
