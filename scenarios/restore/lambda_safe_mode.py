"""load_model rejects a Lambda layer with a Python lambda, unless the caller trusts the file.

Symptom:
    ValueError: Requested the deserialization of a `Lambda` layer whose `function` is a Python
    lambda. This carries a potential risk of arbitrary code execution and thus it is disallowed
    by default. Older Keras 3: The `{arg_name}` of this `Lambda` layer is a Python lambda.
    Deserializing it is unsafe. With safe_mode=False: arg 4 (defaults) must be None or tuple
Cause:
    The file holds the lambda as byte code. The byte code can do whatever the file's author wrote,
    so safe_mode=True, the default since TensorFlow 2.12, does not run it. Keras 3 writes a lambda's
    default arguments as a JSON list, and reads a list back where Python demands a tuple.
Fix:
    trusted: safe_mode=False, for a file that you or your team wrote.
    rebuilt: build the model in code and load only the weights. No code of the file is run, so this
    is right for other people's files, for default arguments and for another Python version.
    For new models: a built-in layer (here Rescaling(1 / 127.5, -1)) or a layer class.
Spot it:
        b"__lambda__" in zipfile.ZipFile("model.keras").read("config.json")  # as Keras 3 writes it
Evidence:
    keras-team/tf-keras#44, thaler-lab/EnergyFlow#74 (the message); keras-team/keras#19151 (.h5).
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "lambda-safe-mode", "family": "restore",
    "tensorflow": ">=2.13", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "is a Python lambda",
             "why": "safe_mode is on."},
            {"verdict": "error", "raises": "Requested the deserialization of a Lambda layer"}],
        "restore_broken_default_argument": [
            {"keras": ">=3", "verdict": "error", "raises": "arg 4 (defaults) must be None or tuple",
             "why": "The defaults come back as a list."},
            {"verdict": "match"}],
        "restore_fixed_trusted": "match",
        "restore_fixed_rebuilt": "match",
    },
    "saves": {"restore_broken_default_argument": "save_default_argument"},
    "hints": ["The message names an argument of load_model. What does it allow?",
              "Who wrote this file? What could its byte code do on your machine?",
              "Nothing of the Lambda layer has to come from the file: it has no weights."],
}


def build(scale):
    return tf.keras.Sequential([
        tf.keras.Input((8, 8)), tf.keras.layers.Lambda(scale),
        tf.keras.layers.Flatten(), tf.keras.layers.Dense(1)])


def save(artifact, seed, scale=lambda pixels: pixels / 127.5 - 1.0):
    images = np.random.default_rng(seed).integers(0, 256, size=(64, 8, 8)).astype("float32")
    model = build(scale)
    # A detector of light from above, as training would find it.
    slope = np.repeat(np.linspace(1.0, -1.0, 8), 8).reshape(64, 1)
    model.layers[-1].set_weights([slope / 8, np.array([0.5])])  # in place of a training
    model.save(os.path.join(artifact, "model.keras"))
    return images, model.predict_on_batch(images), model


def save_default_argument(artifact, seed):
    return save(artifact, seed, lambda pixels, middle=127.5: pixels / middle - 1.0)


def restore_broken(artifact, **options):
    model = tf.keras.models.load_model(os.path.join(artifact, "model.keras"), **options)
    return model.predict_on_batch, model


def restore_broken_default_argument(artifact):
    return restore_broken(artifact, safe_mode=False)


def restore_fixed_trusted(artifact):
    return restore_broken(artifact, safe_mode=False)


def restore_fixed_rebuilt(artifact):
    model = build(lambda pixels: pixels / 127.5 - 1.0)
    model.load_weights(os.path.join(artifact, "model.keras"))  # the archive itself
    return model.predict_on_batch, model
