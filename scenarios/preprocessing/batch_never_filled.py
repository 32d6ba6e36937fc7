"""The program prepares an array for the batch, but the images never get into the array.

Symptom:
    "model.predict() gives identical output regardless of different input". All was fine in the
    notebook; the new script reads pictures one by one. The batch has the right shape.
Cause:
    The program makes an array of zeros, and a loop should fill the array. `row = image / 255` does
    not fill the row. The assignment only binds the name `row` to a new array, so the batch stays
    black. `batch[:] = image` fills all rows at once, so every row holds the last image of the loop.
Fix:
    by_number: assign to a place of the array, batch[number] = image. (np.stack of a list of images
    needs no array beforehand.)
    How it differs from missing-image-is-black: every image was read. uint8-truncation: the rows are
    filled, but with rounded numbers.
Spot it:
    Different pictures must give different rows, and no row may be all zero:
        print(len(np.unique(batch.reshape(len(batch), -1), axis=0)), batch.any(axis=(1, 2, 3)))
Evidence:
    SCSLabISU/xPLNet#1 (the image is loaded, np.zeros is fed: one class for all pictures).
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "batch-never-filled", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 10,
    "expect": {
        "restore_broken": "constant",
        "restore_broken_every_row_the_last": "constant",
        "restore_fixed_by_number": "match",
    },
    "hints": [
        "One answer for all pictures. Is the batch made of different pictures?",
        "Print batch.max() and compare two of its rows.",
        "An assignment to a name changes the name. Which one changes the array?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 120, size=(48, 8, 8, 1)).astype("uint8")  # road, seen from above
    for picture in pictures:
        left = rng.integers(0, 6)
        picture[:, left:left + 2] = 235  # the white line
    model = tf.keras.Sequential([
        tf.keras.Input((8, 8, 1)),
        tf.keras.layers.Conv2D(1, (1, 3), activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1),
    ])
    # what training found: a filter for bright lines, and how far right each place is
    line_filter = np.array([-1.0, 2.0, -0.5]).reshape(1, 3, 1, 1)
    metres = np.tile(np.linspace(-0.4, 0.4, 6), 8).reshape(48, 1) / 8
    # in place of a training
    model.set_weights([line_filter, np.array([-0.3]), metres, np.array([0.05])])
    model.save(artifact + "/model.keras")
    return pictures, model.predict_on_batch(pictures / 255.0), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(pictures):
        batch = np.zeros(pictures.shape, "float32")
        for row, picture in zip(batch, pictures):
            row = picture / 255.0
        return model.predict_on_batch(batch)

    return predict, model


def restore_broken_every_row_the_last(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(pictures):
        batch = np.zeros(pictures.shape, "float32")
        for picture in pictures:
            batch[:] = picture / 255.0
        return model.predict_on_batch(batch)

    return predict, model


def restore_fixed_by_number(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(pictures):
        batch = np.zeros(pictures.shape, "float32")
        for number, picture in enumerate(pictures):
            batch[number] = picture / 255.0
        return model.predict_on_batch(batch)

    return predict, model
