"""An EXIF tag says how to rotate a phone's photo. TensorFlow ignores the tag.

Symptom:
    "Right for the test pictures, wrong for photos from my phone, although they look upright." No
    error. Every viewer shows the photo upright.
Cause:
    A phone stores the picture as the sensor recorded it. The EXIF tag Orientation says how to turn
    it. Viewers turn the picture by the tag. tf.io.decode_jpeg ignores the tag and returns the
    stored pixels, so the model gets the photo on its side. The training had upright pictures only.
Fix:
    turned: read the tag and turn the picture. With Pillow that is
        image = PIL.ImageOps.exif_transpose(PIL.Image.open(path))
Spot it:
    Show the array that the model gets with matplotlib. Or count the photos whose tag is not 1:
        print(sum(image.getexif().get(0x0112, 1) != 1 for image in images))
Evidence:
    tensorflow/tensorflow#8430, #33932, #41126, #49834 (the decoders ignore the tag, the last says
    how hard that is to find); read on 2026-11-26 as search excerpts.
    The lines of `add_tag` and `read_tag` do what Pillow does, which not every environment here has.
"""
import os
import struct

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "photo-lies-on-its-side", "family": "preprocessing",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 9,
    "expect": {"restore_broken": "differs", "restore_fixed_turned": "match"},
    "hints": [
        "Show the array that the model gets, not the file.",
        "Is it upright there? A viewer turns pictures, a decoder need not.",
        "EXIF tag 0x0112 with the value 6 says: turn clockwise by 90 degrees.",
    ],
}


def add_tag(jpeg, orientation):
    entry = struct.pack(">HHLHH", 0x0112, 3, 1, orientation, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">LH", 8, 1) + entry + struct.pack(">L", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def read_tag(jpeg):
    place = jpeg.find(struct.pack(">HHL", 0x0112, 3, 1))
    return struct.unpack(">H", jpeg[place + 8 : place + 10])[0] if place > 0 else 1


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    horizon = rng.integers(8, 24, size=(48, 1, 1, 1))
    upright = np.where(np.arange(32)[:, None, None] < horizon, 200, 70) * np.ones((1, 1, 32, 3))
    os.mkdir(artifact + "/photos")
    decoded = []
    for number, picture in enumerate(upright.astype("uint8")):
        stored = np.rot90(picture, 1 if number % 4 else 0)  # one in four was held upright
        jpeg = tf.io.encode_jpeg(stored, quality=95).numpy()
        decoded.append(np.rot90(tf.io.decode_jpeg(jpeg).numpy(), -1 if number % 4 else 0))
        with open(artifact + "/photos/%d.jpg" % number, "wb") as file:
            file.write(add_tag(jpeg, 6 if number % 4 else 1))
    model = tf.keras.Sequential([
        tf.keras.Input((32, 32, 3)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(1)])
    kernel = np.repeat(np.linspace(1, -1, 32), 32 * 3) / 1000  # in place of a training
    model.set_weights([kernel[:, None], np.zeros(1)])  # how high the horizon is
    model.save(artifact + "/model.h5")
    return np.arange(48), model.predict_on_batch(np.stack(decoded) / np.float32(255)), model


def load(artifact, decode):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)

    def predict(numbers):
        photos = []
        for number in numbers:
            with open(artifact + "/photos/%d.jpg" % number, "rb") as file:
                photos.append(decode(file.read()))
        return model.predict_on_batch(np.stack(photos) / np.float32(255))

    return predict, model


def restore_broken(artifact):
    return load(artifact, lambda jpeg: tf.io.decode_jpeg(jpeg).numpy())


def restore_fixed_turned(artifact):
    turns = {1: 0, 3: 2, 6: -1, 8: 1}  # quarters, to the left
    return load(
        artifact, lambda jpeg: np.rot90(tf.io.decode_jpeg(jpeg).numpy(), turns[read_tag(jpeg)]))
