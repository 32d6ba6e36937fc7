"""A model that Keras 2 compiled with a loss object does not load in Keras 3, which needs no loss.

Symptom:
    TypeError: <class 'keras.src.losses.losses.MeanSquaredError'> could not be deserialized properly
    ... Exception encountered: MeanSquaredError.__init__() got an unexpected keyword argument 'fn'
    from load_model. Models compiled with the string "mean_squared_error" load.
Cause:
    The file also holds what compile() was given. Keras 2 wrote a loss object with its function and
    reduction="auto"; Keras 3 knows neither, and load_model gives up before it returns the model.
Fix:
    not_compiled: compile=False skips the loss, the metrics and the optimizer. Predictions need none
    of them. To go on training, call model.compile(...) with Keras 3's own objects afterwards; the
    optimizer's moments are lost. Keras 3.0 ignores compile=False for .h5, not for .keras.
Spot it:
    b'"reduction": "auto"' in zipfile.ZipFile("model.keras").read("config.json")
Evidence:
    Measured with this file, written by TensorFlow 2.15: the error in Keras 3.0.5, 3.6.0 and 3.15.1;
    match in 2.15.0 and tf_keras 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "keras2-loss-object",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "keras2_loss_object"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "why": "Keras 3 losses take no fn.",
             "raises": "MeanSquaredError.__init__() got an unexpected keyword argument 'fn'"},
            {"verdict": "match"}],
        "restore_fixed_not_compiled": "match",
    },
    "minutes": 5,
    "hints": [
        "The message names a loss. Does a prediction need one?",
        "The file holds the model, and besides it what compile() was given.",
        "load_model has an argument for people who only want to predict.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    grapes = rng.normal(size=(64, 5)).astype("float32")  # five measures, z-scores
    alcohol = 12.5 + grapes @ rng.normal(scale=0.6, size=(5, 1))  # per cent
    model = tf.keras.Sequential([tf.keras.Input((5,)), tf.keras.layers.Dense(1)])
    line = np.linalg.lstsq(np.column_stack([grapes, np.ones(64)]), alcohol, rcond=None)[0]
    model.set_weights([line[:-1], line[-1]])  # in place of a training
    model.compile(tf.keras.optimizers.Adam(), tf.keras.losses.MeanSquaredError())
    model.save(artifact + "/model.keras")
    return grapes, model(grapes).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_not_compiled(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return lambda inputs: model(inputs).numpy(), model
