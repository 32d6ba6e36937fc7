"""A Keras 2 .h5 file with a model inside a model does not load in Keras 3, or never stops loading.

Symptom:
    load_model("model.h5") hangs: one core at 100 %, no message, for ever (Keras 3.0 to 3.11, 3.13).
    In later releases:
    ValueError: Invalid Functional model configuration. The graph of the Functional model either has
    loops or disconnected nodes. The following nodes failed to be resolved: {<Dense name=price, ...
    Common with transfer learning (a backbone called as a layer) and with Siamese networks.
Cause:
    The file says which call of each layer feeds the next layer. If a model is called like a layer,
    Keras 2 counted the call that built the model as number 0, so the file names call number 1.
    Keras 3 has only number 0, and looks for call number 1 for ever.
Fix:
    rebuild: build the model in code, and load_weights from the same file. The graph in the file is
    not read.
    tf_keras (TF_USE_LEGACY_KERAS=1) reads the file as it is.
Spot it:
        layers = json.loads(h5py.File("model.h5", "r").attrs["model_config"])["config"]["layers"]
        [each["class_name"] for each in layers]  # 'Functional', 'Model' or 'Sequential' among them
Evidence:
    keras-team/keras#19509 (inbound nodes), keras-team/keras#19669 (the lock-up),
    tensorflow/tensorflow#63853.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "nested-model-h5",
    "family": "version",
    "tensorflow": ">=2.3",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "nested_model_h5"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3.14", "verdict": "error",
             "raises": "Invalid Functional model configuration"},
            {"keras": "~=3.12.4", "verdict": "error",
             "raises": "Invalid Functional model configuration"},
            {"keras": ">=3", "verdict": "timeout", "why": "Loading repeats for ever."},
            {"verdict": "match"}],
        "restore_fixed_rebuild": "match",
    },
    "minutes": 6,
    "hints": [
        "The message names a layer whose input was not found. What should feed it?",
        "'body', 1: the second call of the inner model. How often does the outer model call it?",
        "load_weights needs no graph from the file, if the code builds the same one.",
    ],
}


def build():
    pixels = tf.keras.Input((12,))  # stands for a backbone that came with its weights
    body = tf.keras.Model(pixels, tf.keras.layers.Dense(8, activation="relu")(pixels), name="body")
    photo = tf.keras.Input((12,))
    return tf.keras.Model(photo, tf.keras.layers.Dense(1, name="price")(body(photo)))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    photo = rng.normal(size=(128, 12)).astype("float32")
    price = np.abs(photo[:, :4]).sum(axis=1, keepdims=True)
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.03), "mse")
    model.fit(photo, price, epochs=20, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return photo, model.predict_on_batch(photo), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model
