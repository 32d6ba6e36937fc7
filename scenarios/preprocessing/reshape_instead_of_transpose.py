"""reshape gives channels-first images the right shape, but scrambles all their pixels.

Symptom:
    "Predictions are garbage after converting NCHW to NHWC", "wrong results with images from
    rasterio / PyTorch". The shape is what the model expects, so there is no error.
Cause:
    rasterio, PyTorch and some cameras store (channels, height, width). Keras expects (height,
    width, channels). reshape changes the shape and leaves the order in memory: three neighbours in
    a row of the first channel become the three channels of one pixel.
Fix:
    transpose: np.transpose(images, (0, 2, 3, 1)) moves the numbers; np.moveaxis(images, 1, -1) does
    the same.
    permute_in_front: put Permute((2, 3, 1)) in front of the model, and send channels-first images.
Spot it:
        np.array_equal(images[0, 1], converted[0, :, :, 1])  # the second channel, before and after
    Or plot one image: a scrambled image shows the picture nine times, small and grey.
Evidence:
    keras-team/keras#315; keras-team/keras#10522 and keras-team/keras#6998 (not read by us).
    Measured with this file: differs on 20 of 20 seeds, a share of plants of -0.7 on seed 0 (2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "reshape-instead-of-transpose", "family": "preprocessing",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_transpose": "match",
        "restore_fixed_permute_in_front": "match",
    },
    "hints": [
        "The weights and the shape are right. Is each number where it should be?",
        "Take an image whose red channel is full of 1 and the others of 0, and convert it.",
        "reshape never moves a number in memory. Which function exchanges axes?",
    ],
}


def fields(rng, count):  # satellite tiles as rasterio reads them: (red, green, infrared) first
    crop = rng.uniform(0, 1, count)  # share of the tile that is covered by living plants
    plants = rng.uniform(0, 1, (count, 12, 12)) < crop[:, None, None]
    bands = [np.where(plants, low, high) for low, high in ((0.05, 0.2), (0.1, 0.15), (0.5, 0.25))]
    reflectance = np.stack(bands, axis=1) + rng.normal(0, 0.02, (count, 3, 12, 12))
    return reflectance.astype("float32"), crop[:, None]


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((12, 12, 3)),
        tf.keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(1),
    ])
    tiles, crop = fields(rng, 256)  # crop: the share of plants
    train(model, rng, np.moveaxis(tiles, 1, -1), crop)
    model.save(artifact + "/fields.keras")
    tiles, _ = fields(rng, 64)
    return tiles, model(np.moveaxis(tiles, 1, -1)).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/fields.keras")
    return lambda tiles: model(tiles.reshape(-1, 12, 12, 3)).numpy(), model


def restore_fixed_transpose(artifact):
    model = tf.keras.models.load_model(artifact + "/fields.keras")
    return lambda tiles: model(np.transpose(tiles, (0, 2, 3, 1))).numpy(), model


def restore_fixed_permute_in_front(artifact):
    trained = tf.keras.models.load_model(artifact + "/fields.keras")
    permute = tf.keras.layers.Permute((2, 3, 1))
    model = tf.keras.Sequential([tf.keras.Input((3, 12, 12)), permute, trained])
    return lambda tiles: model(tiles).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: random filters, the best head over them
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
