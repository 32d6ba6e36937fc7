"""A drawing on a transparent ground loses its alpha channel, and every image is the same black.

Symptom:
    "The digit that I draw in the browser is always a 1", whatever is drawn. No error. The model is
    right for the images of the training.
Cause:
    A canvas of a web page sends a PNG with black ink on a transparent ground. All its colours are
    0; the drawing is in the alpha channel only. Decoding to grey, or convert("RGB"), drops alpha.
Fix:
    on_white: read four channels and paste the drawing on white paper: 255 * (1 - alpha).
Spot it:
    Are all images of the batch the same?
        print(np.ptp(batch, axis=0).max())  # 0: they are
Evidence:
    NVIDIA/DIGITS#85 (named to us, not read by us). Measured with this file. Kin:
    missing-image-is-black and batch-never-filled are black too, because no image was read.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "transparent-is-black", "family": "preprocessing",
    "tensorflow": ">=2.3", "seed": 0, "minutes": 5,
    "expect": {"restore_broken": "constant", "restore_fixed_on_white": "match"},
    "hints": [
        "Do two different drawings give two different arrays?",
        "How many channels has the PNG, and how many does the decoder return?",
        "The drawing is in the alpha channel. Paste the drawing on white before using it.",
    ],
}


def read_as_grey(file):
    return tf.io.decode_png(tf.io.read_file(file), channels=1).numpy()[..., 0].astype("float32")


def read_on_white(file):
    colours = tf.io.decode_png(tf.io.read_file(file), channels=4).numpy().astype("float32")
    alpha = colours[..., 3] / 255
    return colours[..., :3].mean(axis=-1) * alpha + 255 * (1 - alpha)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    os.mkdir(artifact + "/drawings")
    names, alphas = np.array(["drawing-%02d.png" % number for number in range(48)]), []
    for name in names:  # what a canvas sends: strokes of black ink on nothing
        alpha = np.zeros((12, 12), "uint8")
        row, column, length = rng.integers(1, 6, 3)
        alpha[row, 1:1 + 2 * length] = 255
        alpha[1:1 + 2 * length, column] = 255
        drawing = np.concatenate([np.zeros((12, 12, 3), "uint8"), alpha[..., None]], axis=-1)
        tf.io.write_file(artifact + "/drawings/" + name, tf.io.encode_png(drawing))
        alphas.append(alpha)
    model = tf.keras.Sequential([
        tf.keras.Input((12, 12)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(3),
    ])
    paper = 255 - np.array(alphas, "float32")
    # in place of a training: three random measures of where the ink is
    model.layers[-1].set_weights([rng.normal(0, 1, (144, 3)) / 255, np.ones(3)])
    model.save(artifact + "/model.h5")
    return names, model.predict_on_batch(paper), model


def restore_broken(artifact, read=read_as_grey):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    folder = artifact + "/drawings/"

    def predict(inputs):
        return model.predict_on_batch(np.array([read(folder + name) for name in inputs]))

    return predict, model


def restore_fixed_on_white(artifact):
    return restore_broken(artifact, read_on_white)
