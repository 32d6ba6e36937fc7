"""A Lambda layer stores Python byte code, which another Python version cannot read.

Symptom:
    ValueError: bad marshal data (unknown type code)
    The file is not damaged: the file loads where it was written. Another TensorFlow does not help.
Cause:
    Lambda(lambda x: ...) writes the compiled function into the file. Byte code belongs to a Python
    version. Python 3.8 wrote this byte code. Python 3.10 still reads it (TensorFlow 2.10), 3.11
    does not. Newer Keras first demands safe_mode=False, which permits the code but does not
    translate it.
Fix:
    rebuild: build the model in code, then load_weights on the same file, since weights are not byte
    code.
    replaced_lambda: if you have only the file and know the function, write a layer that computes
    it, and name the layer "Lambda" in custom_object_scope. (Keras 3.0 to 3.2 ignore custom_objects
    here.)
    For new models: use a layer class or a named function, which Keras stores by name.
    How it differs from lambda-safe-mode: the code is permitted, but cannot be read.
Spot it:
        '"Lambda"' in h5py.File("model.h5", "r").attrs["model_config"]
        print([each.function for each in model.layers if isinstance(each, tf.keras.layers.Lambda)])
Evidence:
    keras-team/keras#14875 and #7440, tensorflow/tensorflow#56403.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "lambda-other-python",
    "family": "version",
    "tensorflow": ">=2.12",  # the readers, Python 3.11 or later; TensorFlow 2.4.1 wrote the files
    "artifact": {"writer": "2.4.1", "folder": "lambda_other_python"},
    "seed": 0,
    "expect": {
        "restore_broken": [{"verdict": "error", "raises": "bad marshal data"}],
        "restore_fixed_rebuild": "match",
        "restore_fixed_replaced_lambda": "match",
    },
    "minutes": 6,
    "hints": [
        "Which part of the model is not numbers and names, but Python code?",
        "marshal is Python's own format for compiled code. Which Python compiled it?",
        "Weights can be loaded without the configuration, into a model built in code.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    trip = rng.uniform(size=(128, 3)).astype("float32")  # distance, load, slope; scaled to 0..1
    hours = 1 + 8 * trip[:, :1] * (1 + trip[:, 1:2]) + trip[:, 2:]
    model = build(tf.keras.layers.Lambda(lambda standardised: standardised * 4.0 + 7.5))
    model.compile(tf.keras.optimizers.Adam(0.05), "mse")
    model.fit(trip, hours, epochs=20, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return trip, model.predict_on_batch(trip), model


class ToHours(tf.keras.layers.Layer):  # what the lambda did
    def __init__(self, name=None, **function):
        super().__init__(name=name)

    def call(self, standardised):
        return standardised * 4.0 + 7.5


def build(to_hours):
    return tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1),
        to_hours])


def restore_broken(artifact, **replaced):
    with tf.keras.utils.custom_object_scope(replaced):
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False, safe_mode=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    model = build(ToHours())
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_replaced_lambda(artifact):
    return restore_broken(artifact, Lambda=ToHours)
