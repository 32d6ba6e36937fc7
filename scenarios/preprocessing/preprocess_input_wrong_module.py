"""preprocess_input is imported from another backbone's module: every image gets the same class.

Symptom:
    "Keras ResNet50 predicts nematode for every image", "the same class for all inputs". Weights
    are right, images are right, the line preprocess_input(x) is there.
Cause:
    Each module of keras.applications has a function of this name, and the functions differ.
    resnet50, vgg16: BGR minus a mean, -124..151. mobilenet_v2, inception_v3, xception: -1..1.
    densenet: 0..1, then per-channel mean and std. efficientnet, convnext, mobilenet_v3: no change,
    since these models rescale inside. This model was trained with resnet50's range, in which -1..1
    is almost one colour.
Fix:
    same_module: import preprocess_input from the module that training used. Write the module's name
    beside the model, or better, put the preprocessing into the model.
Spot it:
        y = preprocess_input(x.astype("float32")); print(y.min(), y.max())
    Compare with the ranges above. 0..255 means that preprocess_input changed nothing.
Evidence:
    keras-team/keras-applications#64 (nematode), keras-team/keras#10279,
    fchollet/deep-learning-models#16 (an elephant is a suspension bridge, 0.9999).
    Measured with this file: wrong on 20 of 20 seeds; seed 0 has "cloudy" for every image, by both
    wrong modules (TensorFlow 2.21; seed 0 differs in 2.15, 2.16, 2.18, 2.20 and tf_keras too).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "preprocess-input-wrong-module", "family": "preprocessing",
    "tensorflow": ">=2.3", "minutes": 8,
    "seed": 0,  # with 2, 13, 16 or 19 the second path is constant: one class, exactly one-hot
    "expect": {
        "restore_broken": "differs",
        "restore_broken_does_nothing": [{"verdict": "differs", "rate": [0.55, 0.95]}],
        "restore_fixed_same_module": "match",
    },
    "hints": [
        "The weights are equal and preprocess_input is called. Is there only one such function?",
        "Print the smallest and the largest number that enters the model, in training and now.",
        "Training used tf.keras.applications.resnet50.preprocess_input.",
    ],
}

SKIES = {"clear": (90, 140, 220), "cloudy": (170, 175, 180), "sunset": (230, 120, 80)}  # RGB


def sky_camera(rng, count):
    kind = rng.integers(len(SKIES), size=count)
    colours = np.array(list(SKIES.values()))[kind][:, None, None, :]
    images = np.clip(colours + rng.normal(0, 30, (count, 10, 10, 3)), 0, 255)
    return images.astype("uint8"), kind


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([  # small, in place of a ResNet50
        tf.keras.Input((10, 10, 3)),
        tf.keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(len(SKIES), activation="softmax"),
    ])
    images, kind = sky_camera(rng, 256)
    pixels = tf.keras.applications.resnet50.preprocess_input(images.astype("float32"))
    logits = 6 * np.eye(len(SKIES))[kind]  # 6 for the right sky
    train(model, rng, pixels, logits)
    model.save(artifact + "/sky.keras")
    images, _ = sky_camera(rng, 64)
    pixels = tf.keras.applications.resnet50.preprocess_input(images.astype("float32"))
    return images, model(pixels).numpy(), model


def load(artifact, application):
    model = tf.keras.models.load_model(artifact + "/sky.keras")

    def predict(images):
        return model(application.preprocess_input(images.astype("float32"))).numpy()

    return predict, model


def restore_broken(artifact):
    return load(artifact, tf.keras.applications.mobilenet_v2)  # as in the tutorial at hand


def restore_broken_does_nothing(artifact):
    return load(artifact, tf.keras.applications.efficientnet)  # returns what it gets


def restore_fixed_same_module(artifact):
    return load(artifact, tf.keras.applications.resnet50)


def train(model, rng, inputs, targets):  # in place of fit: random filters, the best head over them
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
