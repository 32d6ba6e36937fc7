"""A functional .keras file of TensorFlow 2.13 to 2.15 names a module that Keras 3 does not have.

Symptom:
    TypeError: Could not deserialize class 'Functional' because its parent module
    keras.src.engine.functional cannot be imported. Full object config: {'module': ...
    Sequential models of the same program load. The file holds all weights.
Cause:
    config.json in the archive stores the module of the class at saving. Keras 3 moved the class to
    keras.src.models.functional, and looks for the stored module only. Keras 2 and tf_keras find it.
Fix:
    custom_objects: map the class name to tf.keras.Model, which rebuilds functional models. This
    needs only the file and works in Keras 2 and 3. Keep compile=False, because Keras 3 rejects the
    stored training settings too ("Argument(s) not recognized: {'jit_compile': False, ...").
    rebuild: build the model in code and let load_weights read the archive. Prefer this if you have
    the code, and compare one known prediction, because weights go to layers by class and order, not
    by name. Listing the two branches of Add in another order swaps their weights: errors up to
    15.6.
    saved_model: export in the old release. No Keras at all is needed to read the export.
Spot it:
        zipfile.ZipFile("model.keras").read("config.json")[:50]
    A file that fails begins with b'{"module": "keras.src.engine.functional"'.
Evidence:
    keras-team/keras#19089, keras-team/keras#21663.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "functional-archive-module",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "functional_archive_module"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "why": "Keras 3 has no keras.src.engine.",
             "raises": "parent module keras.src.engine.functional cannot be imported"},
            {"verdict": "match"}],
        "restore_fixed_custom_objects": "match",
        "restore_fixed_rebuild": "match",
        "restore_fixed_saved_model": "match",
    },
    "minutes": 8,
    "hints": [
        "The message names a module. Is anything wrong with the weights?",
        "A .keras file is a zip archive: unzip a copy and read the first line of config.json.",
        "Keras asks custom_objects for the registered name, 'Functional', before it imports.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    profile = rng.normal(size=(256, 8)).astype("float32")  # eight measures of a house
    price = (profile ** 2).sum(axis=1, keepdims=True)
    inputs = tf.keras.Input((8,))
    bent = tf.keras.layers.Dense(12, activation="relu")(inputs)
    smooth = tf.keras.layers.Dense(12, activation="tanh")(inputs)
    outputs = tf.keras.layers.Dense(1)(tf.keras.layers.Add()([bent, smooth]))
    model = tf.keras.Model(inputs, outputs)
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(profile, price, epochs=40, verbose=0)
    model.save(artifact + "/model.keras")
    model.export(artifact + "/exported")
    return profile[:64], model.predict_on_batch(profile[:64]), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return model.predict_on_batch, model


def restore_fixed_custom_objects(artifact):
    model = tf.keras.models.load_model(
        artifact + "/model.keras", custom_objects={"Functional": tf.keras.Model}, compile=False)
    return model.predict_on_batch, model


def restore_fixed_rebuild(artifact):
    inputs = tf.keras.Input((8,))
    bent = tf.keras.layers.Dense(12, activation="relu")(inputs)
    smooth = tf.keras.layers.Dense(12, activation="tanh")(inputs)
    outputs = tf.keras.layers.Dense(1)(tf.keras.layers.Add()([bent, smooth]))
    model = tf.keras.Model(inputs, outputs)
    model.load_weights(artifact + "/model.keras")  # the archive itself: no need to unzip it
    return model.predict_on_batch, model


def restore_fixed_saved_model(artifact):
    served = tf.saved_model.load(artifact + "/exported")
    return lambda inputs: served.serve(inputs).numpy()
