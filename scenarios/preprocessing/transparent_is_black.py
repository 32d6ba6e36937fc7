"""A drawing on a transparent background is read as RGB: without alpha, all drawings are equal.

Symptom:
    "Every canvas drawing gets the same prediction", "PNG with transparent background turns black".
    No error. All rows of the prediction are the same.
Cause:
    A browser's canvas saves black ink on a transparent background. Ink and background have the
    colour 0, 0, 0. Only the fourth channel, alpha, distinguishes them. image[..., :3],
    convert("RGB") and decode_png(channels=3) drop alpha, so every picture is black.
Fix:
    on_white: lay the picture on white paper with alpha as the weight, and drop alpha afterwards.
    How it differs from missing-image-is-black: the file was read, but the channel with the drawing
    was dropped. In zero-at-night black inputs are right.
Spot it:
    Two different drawings must not be equal:
        print(inputs.min(), inputs.max(), (inputs[0] == inputs[1]).all())
Evidence:
    NVIDIA/DIGITS#85 (the ground becomes black), google/deepdream#25, jadeocr/jadeocr#1; read on
    2026-11-26 as search excerpts.
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "transparent-is-black", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "constant", "restore_fixed_on_white": "match"},
    "hints": [
        "Print the smallest and the largest value that the model gets.",
        "How many channels has the picture before it is prepared, and what is in the fourth?",
        "white * (1 - alpha) + colour * alpha is the picture on white paper.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    canvas = np.zeros((64, 8, 8, 4), "uint8")  # what a PNG of a drawing holds: black, transparent
    canvas[..., 3] = 255 * (rng.uniform(size=(64, 8, 8)) < 0.3)  # opaque where there is ink
    paper = 255.0 - canvas[..., 3:]  # the pictures of the training: black ink on white paper
    model = tf.keras.Sequential([
        tf.keras.Input((8, 8, 3)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(3, activation="softmax"),
    ])
    model.set_weights([rng.normal(0, 0.3, (192, 3)), rng.normal(0, 0.3, 3)])  # for a training
    model.save(artifact + "/model.h5")
    pictures = np.repeat(paper / 255, 3, axis=-1).astype("float32")
    return canvas, model.predict_on_batch(pictures), model


def load(artifact, to_rgb):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda canvas: model.predict_on_batch(to_rgb(canvas / np.float32(255))), model


def restore_broken(artifact):
    return load(artifact, lambda canvas: canvas[..., :3])


def restore_fixed_on_white(artifact):
    def to_rgb(canvas):
        colour, alpha = canvas[..., :3], canvas[..., 3:]
        return colour * alpha + 1 - alpha

    return load(artifact, to_rgb)
