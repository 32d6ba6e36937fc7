"""cv2.resize takes (width, height), an array's shape is (height, width): the picture is scrambled.

Symptom:
    "The model sees nothing in pictures that are not square", "predictions are wrong since the input
    became 12 by 20". No error where the code reshapes after resizing.
Cause:
    cv2.resize and PIL's Image.resize take the size as (width, height). The program passes (height,
    width), as in the model's input shape. The resized picture is 20 rows high and 12 columns wide.
    reshape to (1, 12, 20, 1) raises no error, since the number of pixels is right, and cuts each
    row in two wrong places.
Fix:
    width_first: resize(photo, (width, height)), and no reshape that changes rows into columns.
    How it differs from reshape-instead-of-transpose: here the size is wrong, there the layout. For
    square inputs both orders are the same, so nobody notices the mistake.
Spot it:
    Before any reshape the resized picture must have the model's rows and columns:
        print(resized.shape, model.input_shape)
Evidence:
    experiencor/keras-yolo2#434, thtrieu/darkflow#83, husqin/DnCNN-keras#6, bearpaw/pytorch-pose#116
    (its demo shows both shapes); read on 2026-11-26 as search excerpts. `resize` below stands for
    cv2.resize without interpolation: OpenCV is not among this suite's packages.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "resize-takes-width-first", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 7,
    "expect": {"restore_broken": "differs", "restore_fixed_width_first": "match"},
    "hints": [
        "Look at the picture that the model gets, not at the photo.",
        "Print the shape after resizing and before reshaping.",
        "In which order does the resize function want width and height?",
    ],
}
HEIGHT, WIDTH = 12, 20


def resize(photo, size):  # like cv2.resize: size is (width, height)
    rows = np.arange(size[1]) * photo.shape[0] // size[1]
    columns = np.arange(size[0]) * photo.shape[1] // size[0]
    return photo[rows][:, columns]


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    road = np.linspace(0, 1, 80) > rng.uniform(0.2, 0.8, size=(32, 1))  # where the road ends
    photos = (0.2 + 0.6 * road[:, None, :] + rng.normal(0, 0.05, (32, 48, 80))).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((HEIGHT, WIDTH, 1)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1),
    ])
    kernel = np.tile(np.linspace(-1, 1, WIDTH), HEIGHT) / HEIGHT  # in place of a training
    model.set_weights([kernel[:, None] + rng.normal(0, 0.01, (HEIGHT * WIDTH, 1)), np.zeros(1)])
    model.save(artifact + "/model.h5")
    small = np.stack([resize(photo, (WIDTH, HEIGHT)) for photo in photos])[..., None]
    return photos, model.predict_on_batch(small), model


def load(artifact, prepare):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)

    def predict(photos):
        return model.predict_on_batch(np.concatenate([prepare(photo) for photo in photos]))

    return predict, model


def restore_broken(artifact):
    return load(
        artifact, lambda photo: resize(photo, (HEIGHT, WIDTH)).reshape(1, HEIGHT, WIDTH, 1))


def restore_fixed_width_first(artifact):
    return load(
        artifact, lambda photo: resize(photo, (WIDTH, HEIGHT)).reshape(1, HEIGHT, WIDTH, 1))
