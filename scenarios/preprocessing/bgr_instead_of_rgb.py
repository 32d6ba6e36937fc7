"""A model trained on RGB images gets OpenCV's BGR images: red and blue are exchanged.

Symptom:
    "Keras model works in the notebook but predicts wrong classes with cv2.VideoCapture". No error,
    and confidence stays high: red things get the class of blue things. Plotted faces look blue.
Cause:
    Pillow, tf.io and Keras's own loaders return red, green, blue. OpenCV (imread, VideoCapture)
    and ffmpeg's bgr24 return blue, green, red, in an array of the same shape and type.
Fix:
    flipped_channels: image[..., ::-1], or cv2.cvtColor(image, cv2.COLOR_BGR2RGB), right after
    reading, so that all later code sees RGB.
    flipped_kernel: exchange the input channels of the first kernel instead. This costs no time per
    frame, and callers need no extra line. It is right only if every input is BGR.
Spot it:
    Predict one photo of a known class in both orders. The better order is the order of training:
        print(model(photo[None]), model(photo[None, ..., ::-1]))
Evidence:
    EdjeElectronics/TensorFlow-Object-Detection-API-Tutorial-Train-Multiple-Objects-Windows-10#369,
    experiencor/keras-yolo2#44, udacity/sdc-issue-reports#623.
    Measured with this file: differs on 20 of 20 seeds; on seed 1 the class is right for all 22
    limes and for nothing else (TensorFlow 2.21; seed 0 differs in 2.15, 2.16, 2.18, 2.20 too).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "bgr-instead-of-rgb", "family": "preprocessing",
    "tensorflow": ">=2.0", "minutes": 8,
    "seed": 1,  # chosen: tomatoes and blueberries change places, limes stay limes
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_flipped_channels": "match",
        "restore_fixed_flipped_kernel": "match",
    },
    "hints": [
        "The weights are equal. Which fruits are still recognised, and what colour are they?",
        "Show a frame with matplotlib: tomatoes are blue.",
        "The camera's last axis is blue, green, red. In training it was red, green, blue.",
    ],
}

FRUITS = {"tomato": (205, 50, 40), "blueberry": (60, 70, 150), "lime": (110, 190, 60)}  # RGB


def conveyor(rng, count):  # frames of a sorting belt as cv2.VideoCapture.read() returns them: BGR
    kind = rng.integers(len(FRUITS), size=count)
    colours = np.array(list(FRUITS.values()))[kind][:, None, None, :]
    frames_rgb = np.clip(colours + rng.normal(0, 25, (count, 10, 10, 3)), 0, 255).astype("uint8")
    return frames_rgb[..., ::-1], kind


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((10, 10, 3)),
        tf.keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(len(FRUITS), activation="softmax"),
    ])
    frames, kind = conveyor(rng, 256)
    images = frames[..., ::-1] / 255.0  # training converted to RGB
    logits = 6 * np.eye(len(FRUITS))[kind]  # 6 for the right fruit
    train(model, rng, images, logits)
    model.save(artifact + "/fruits.keras")
    frames, _ = conveyor(rng, 64)
    return frames, model(frames[..., ::-1] / 255.0).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/fruits.keras")
    return lambda frames: model(frames / 255.0).numpy(), model


def restore_fixed_flipped_channels(artifact):
    model = tf.keras.models.load_model(artifact + "/fruits.keras")
    return lambda frames: model(frames[..., ::-1] / 255.0).numpy(), model


def restore_fixed_flipped_kernel(artifact):
    model = tf.keras.models.load_model(artifact + "/fruits.keras")
    kernel, bias = model.layers[0].get_weights()  # (height, width, channels in, channels out)
    model.layers[0].set_weights([kernel[:, :, ::-1, :], bias])
    return lambda frames: model(frames / 255.0).numpy()


def train(model, rng, inputs, targets):  # in place of fit: random filters, the best head over them
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
