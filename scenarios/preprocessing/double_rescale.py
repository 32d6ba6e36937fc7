"""The model divides by 255 itself and the caller divides again: the image is black, the output 0.

Symptom:
    "EfficientNet predicts the same for every image", "Keras regression returns only 0 after
    load_model". No error: an image divided twice is still a valid image, but black.
Cause:
    The saved model begins with Rescaling(1/255), as Keras's EfficientNet does. The service also
    computes images / 255.0, which most other models need. The model then gets 0 .. 0.004 and
    returns its output for a black image. Here that output is a negative bias under a ReLU: 0.0.
Fix:
    raw_pixels: send 0..255 to a model that rescales.
    layer_taken_off: remove the Rescaling layer from the model if all callers divide and cannot be
    changed.
    How it differs from missing-rescale-255: the division happens twice, not never. uint8-truncation
    also gives black images, but its division happens once.
Spot it:
        [layer.name for layer in model.layers if "scaling" in layer.name or "normal" in layer.name]
    If the list names a first layer, the model must get pixels of 0..255.
Evidence:
    keras-team/keras-io#1549, mrdbourke/tensorflow-deep-learning#14, mindee/doctr#375 (not read by
    us).
    Measured with this file: zeros on 20 of 20 seeds; on seed 0 dividing by 5 already does it
    (TensorFlow 2.21; seed 0 as declared in 2.15, 2.16, 2.18, 2.20 and tf_keras as well).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "double-rescale", "family": "preprocessing",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "zeros",
        "restore_fixed_raw_pixels": "match",
        "restore_fixed_layer_taken_off": "match",
    },
    "dose": {"path": "restore_broken", "of": "what the caller divides the pixels by",
             "values": [1, 1.1, 1.5, 2, 5, 255]},
    "hints": [
        "The weights are equal. What does the model predict for a completely black image?",
        "Print the name of the first layer, and the largest pixel that the caller sends.",
        "There are two divisions by 255. One of them is in the file.",
    ],
}


def garden(rng, count):  # a webcam over a garden, grey; centimetres of snow in its view
    snow = np.maximum(rng.uniform(-10, 60, count), 0)[:, None]
    covered = np.clip(snow[:, :, None] / 60 + rng.normal(0, 0.1, (count, 12, 12)), 0, 1)
    grey = 70 + 150 * covered + rng.normal(0, 8, (count, 12, 12))  # grass is dark, snow is bright
    return np.clip(grey, 0, 255).astype("uint8")[..., None], snow


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((12, 12, 1)),
        tf.keras.layers.Rescaling(1 / 255.0),
        tf.keras.layers.AveragePooling2D(4),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1, activation="relu"),  # snow is never negative
    ])
    images, snow = garden(rng, 256)
    train(model, images.astype("float32"), snow)  # grass, at 70, has to give 0: a negative bias
    model.save(artifact + "/snow.keras")
    january, _ = garden(rng, 64)
    return january, model(january.astype("float32")).numpy(), model


def restore_broken(artifact, dose=255):
    model = tf.keras.models.load_model(artifact + "/snow.keras")
    return lambda images: model(images / float(dose)).numpy(), model


def restore_fixed_raw_pixels(artifact):
    model = tf.keras.models.load_model(artifact + "/snow.keras")
    return lambda images: model(images.astype("float32")).numpy(), model


def restore_fixed_layer_taken_off(artifact):
    saved = tf.keras.models.load_model(artifact + "/snow.keras")
    model = tf.keras.Sequential(saved.layers[1:])  # without its Rescaling
    return lambda images: model(images / 255.0).numpy(), model


def train(model, inputs, targets):  # in place of fit: the best head, by least squares
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
