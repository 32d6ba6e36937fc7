"""A model that Keras 2 compiled with a loss or optimizer object does not load in Keras 3.

Symptom:
    ValueError: Argument(s) not recognized: {'jit_compile': False, 'is_legacy_optimizer': False}
    or TypeError: <class 'keras.src.losses.losses.MeanSquaredError'> could not be deserialized
    properly. ... __init__() got an unexpected keyword argument 'fn'
    from load_model. Models compiled with strings, "adam" and "mean_squared_error", load.
Cause:
    The file also holds the arguments of compile(): a string unchanged, an object with all arguments
    that it had in Keras 2. Keras 3 lacks some of these arguments (jit_compile of an optimizer, fn
    of a loss), so load_model raises an error before it returns the model.
Fix:
    not_compiled: compile=False ignores optimizer, loss and metrics. Predictions need none of them.
    For training, call model.compile(...) with Keras 3's own objects. The optimizer's state is lost.
    Keras 3.0 to 3.2 ignore compile=False for .h5 files, though not for .keras.
    How it differs from h5-loss-by-short-name: objects of Keras 2 fail here, short names there.
Spot it:
        json.loads(zipfile.ZipFile("model.keras").read("config.json"))["compile_config"]
    Every dict with a "module" in the printed config was an object.
Evidence:
    Measured with this file, written by TensorFlow 2.15: see the expectations.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "keras2-compile-objects",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "keras2_compile_objects"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "why": "Optimizers have no such argument.",
             "raises": "Argument(s) not recognized: {'jit_compile'"},
            {"verdict": "match"}],
        "restore_broken_loss": [
            {"keras": ">=3", "verdict": "error", "why": "Losses have no such argument.",
             "raises": "MeanSquaredError.__init__() got an unexpected keyword argument 'fn'"},
            {"verdict": "match"}],
        "restore_fixed_not_compiled": "match",
    },
    "minutes": 5,
    "hints": [
        "The message names an optimizer or a loss. Does a prediction need one?",
        "The file holds the model, and besides it what compile() was given.",
        "load_model has an argument for programs that only predict.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    grapes = rng.normal(size=(64, 5)).astype("float32")  # five measures, z-scores
    alcohol = 12.5 + grapes @ rng.normal(scale=0.6, size=(5, 1))  # per cent
    model = tf.keras.Sequential([tf.keras.Input((5,)), tf.keras.layers.Dense(1)])
    line = np.linalg.lstsq(np.column_stack([grapes, np.ones(64)]), alcohol, rcond=None)[0]
    model.set_weights([line[:-1], line[-1]])  # in place of a training
    model.compile(tf.keras.optimizers.Adam(), "mean_squared_error")
    model.save(artifact + "/model.keras")
    model.compile("adam", tf.keras.losses.MeanSquaredError())
    model.save(artifact + "/model_loss.keras")
    return grapes, model(grapes).numpy(), model


def restore_broken(artifact, file="/model.keras", **options):
    model = tf.keras.models.load_model(artifact + file, **options)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_loss(artifact):
    return restore_broken(artifact, "/model_loss.keras")


def restore_fixed_not_compiled(artifact):
    return restore_broken(artifact, compile=False)
