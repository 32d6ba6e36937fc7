"""load_img resizes photos by another method than image_dataset_from_directory did in training.

Symptom:
    "image_dataset_from_directory and load_img give different predictions": lower accuracy on single
    images than in evaluation, with the same files. Plausible numbers, no error.
Cause:
    image_dataset_from_directory resizes with tf.image.resize, bilinear: in a photo four times too
    large it averages four pixels of sixteen. load_img(target_size=...) resizes with Pillow and by
    default takes the nearest pixel, so noise and edges are sharper than in training.
    interpolation="bilinear" is no cure: Pillow's bilinear averages over all pixels around
    (antialias), so texture is smoother than in training.
Fix:
    same_resize: read with tf.io and resize with tf.image.resize, as training did.
    resizing_layer: put a Resizing layer in front of the model. Callers then send photos unchanged.
Spot it:
    Compare the arrays of one file, not the pictures:
        print(np.abs(from_training[0] - img_to_array(load_img(path, target_size=size))).max())
Evidence:
    tensorflow/tensorflow#46255 (these two functions), python-pillow/Pillow#2718,
    airo-ugent/airo-mono#89 (up to 5% mAP), NVIDIA/DALI#5260 (2% accuracy).
    Measured with this file, seed 0: the grain doubles with nearest, and is a third with Pillow's
    bilinear; differs on 20 of 20 seeds (TensorFlow 2.21; seed 0 in 2.20 and tf_keras as well).
"""
import numpy as np
import tensorflow as tf
from PIL import Image

SCENARIO = {
    "id": "load-img-resizes-differently", "family": "preprocessing",
    "tensorflow": ">=2.13", "extras": ["pillow"], "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_bilinear": "differs",
        "restore_fixed_same_resize": "match",
        "restore_fixed_resizing_layer": "match",
    },
    "hints": [
        "The weights are equal and the files are the same. Is the array that enters the same?",
        "Subtract the two arrays of one file: on smooth areas they agree. Where do they not?",
        "Which library resizes in training, which one in load_img, and by which rule?",
    ],
}


def read(path):  # what image_dataset_from_directory does to each file, but for the resizing
    return tf.io.decode_png(tf.io.read_file(path), channels=1)


def read_and_resize(path):
    return tf.image.resize(read(path), (16, 16)).numpy()


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    names, grain = ["sand-%02d.png" % number for number in range(48)], rng.uniform(5, 60, (48, 1))
    for number, name in enumerate(names):  # photos of sand: the coarser, the more contrast
        grey = np.clip(rng.normal(130, grain[number], (64, 64)), 0, 255).astype("uint8")
        Image.fromarray(grey).save(artifact + "/" + name)
    model = tf.keras.Sequential([
        tf.keras.Input((16, 16, 1)),
        tf.keras.layers.Rescaling(1 / 255.0),
        tf.keras.layers.Conv2D(4, 3, activation="relu"),  # detectors of edges
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(1),
    ])
    # in place of a training: random filters, and a head fitted to the grain
    kernel = rng.normal(0, 1, (3, 3, 1, 4))
    model.layers[1].set_weights([kernel - kernel.mean(axis=(0, 1)), np.zeros(4)])
    images = np.stack([read_and_resize(artifact + "/" + name) for name in names])
    features = tf.keras.Sequential(model.layers[:-1])(images).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(images))], grain, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
    model.save(artifact + "/grain.keras")
    return np.array(names), model(images).numpy(), model


def restore_broken(artifact, interpolation="nearest"):  # its default
    model = tf.keras.models.load_model(artifact + "/grain.keras")
    options = {"color_mode": "grayscale", "target_size": (16, 16), "interpolation": interpolation}
    load, to_array = tf.keras.utils.load_img, tf.keras.utils.img_to_array
    return lambda names: model(
        np.stack([to_array(load(artifact + "/" + name, **options)) for name in names])).numpy()


def restore_broken_bilinear(artifact):
    return restore_broken(artifact, "bilinear")


def restore_fixed_same_resize(artifact):
    model = tf.keras.models.load_model(artifact + "/grain.keras")
    return lambda names: model(
        np.stack([read_and_resize(artifact + "/" + name) for name in names])).numpy()


def restore_fixed_resizing_layer(artifact):
    trained = tf.keras.models.load_model(artifact + "/grain.keras")
    resizing = tf.keras.layers.Resizing(16, 16)
    model = tf.keras.Sequential([tf.keras.Input((64, 64, 1)), resizing, trained])
    return lambda names: model(
        np.stack([read(artifact + "/" + name) for name in names]).astype("float32")).numpy()
