"""TensorFlow 1's resize samples other points than TensorFlow 2's: all positions are shifted.

Symptom:
    "Keypoints / boxes are off by a few pixels after migrating from TF1 to TF2", always towards one
    corner. Classifiers only drift a little. No error, and the resized images look alike.
Cause:
    tf.compat.v1.image.resize_bilinear aligns its grid with pixel corners: shrinking 4 times it
    samples at 0, 4, 8 ... tf.image.resize of TensorFlow 2 uses pixel centres: 1.5, 5.5, 9.5 ... If
    a model is trained with one function and fed by the other, everything is shifted by (4 - 1) / 2
    = 1.5 pixels. The deprecation message of the old function recommends the new one without a word
    about the shift.
Fix:
    old_resize: tf.compat.v1.image.resize_bilinear still exists.
    every_fourth_pixel: slice the image, which gives the same result where the size is a whole
    multiple.
    New models: train with tf.image.resize, or with a Resizing layer inside the model.
Spot it:
    Resize a ramp with the function that your program calls. The first number is the point where
    sampling begins: 1.5 is the new function, 0 the old function.
        print(np.ravel(resize(np.arange(12.0).reshape(1, 1, 12, 1), (1, 3))))
Evidence:
    tensorflow/tensorflow#6720 (not aligned), mindee/doctr#402.
    Measured with this file: on seed 0 all spots are 1.4 pixels too far up and left, on average;
    differs on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "resize-half-pixel", "family": "preprocessing",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_old_resize": "match",
        "restore_fixed_every_fourth_pixel": "match",
    },
    "hints": [
        "The weights are equal. Is the error random, or the same for each frame?",
        "Resize a row 0, 1, 2, ... 11 to three pixels with both functions.",
        "tf.compat.v1.image has the function that made the images of the training.",
    ],
}


def laser(rng, count):  # frames of 24 x 24 with one bright spot, and where it is, in pixels
    spot = rng.uniform(6, 18, (count, 2))  # down, right
    down, right = np.indices((24, 24))
    distance = (down - spot[:, 0, None, None]) ** 2 + (right - spot[:, 1, None, None]) ** 2
    light = np.exp(-distance / 40) + rng.normal(0, 0.01, (count, 24, 24))
    return light.astype("float32")[..., None], spot


def resize(frames):
    return tf.compat.v1.image.resize_bilinear(frames, (6, 6))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    frames, spot = laser(rng, 256)
    model = tf.keras.Sequential([
        tf.keras.Input((6, 6, 1)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(2),
    ])
    train(model, resize(frames), spot)
    model.save(artifact + "/laser.keras")
    frames, _ = laser(rng, 64)
    return frames, model(resize(frames)).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/laser.keras")
    return lambda frames: model(tf.image.resize(frames, (6, 6))).numpy(), model


def restore_fixed_old_resize(artifact):
    model = tf.keras.models.load_model(artifact + "/laser.keras")
    return lambda frames: model(resize(frames)).numpy(), model


def restore_fixed_every_fourth_pixel(artifact):
    model = tf.keras.models.load_model(artifact + "/laser.keras")
    return lambda frames: model(frames[:, ::4, ::4]).numpy(), model


def train(model, inputs, targets):  # in place of fit: the best head, by least squares
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
