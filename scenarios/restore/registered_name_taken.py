"""Two classes are registered under one name: the later class is loaded instead of the other.

Symptom:
    A restored model predicts other numbers as soon as another module is imported. Weights equal,
    no warning. custom_objects={"Unscale": ...} changes nothing.
Cause:
    register_keras_serializable() without arguments registers every class under "Custom>Name". A
    second class of that name replaces the first without a warning. The model file holds the name
    alone. Keras looks in the registry before custom_objects, for the plain and for the full name.
Fix:
    package: register under a package name of your own. The file then contains the package name.
    registered_again: for a file that exists. Call the decorator once more on the right class just
    before loading. Do not rely on the order of imports.
    How it differs from custom-relu-shadowed: another user class, not a built-in function, wins.
Spot it:
        type(model.layers[-1]).__module__  # after load_model: the module you expect?
        tf.keras.utils.get_registered_object("Custom>Unscale") is Unscale
Evidence:
    Measured with this file: differs in Keras 2.15 and 3.0 to 3.15, on 20 of 20 seeds.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "registered-name-taken", "family": "restore",
    "tensorflow": ">=2.13", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_custom_objects": "differs",
        "restore_fixed_package": "match",
        "restore_fixed_registered_again": "match",
    },
    "saves": {"restore_fixed_package": "save_package"},
    "hints": ["All weights are equal. Is every layer of the class that was saved?",
              "Leave one of the two imports out of the restore. Is it right then?",
              "What does config.json say about the last layer, and which class has that name?"],
}


def import_prices(package="Custom"):  # what `import prices` runs
    @tf.keras.utils.register_keras_serializable(package)
    class Unscale(tf.keras.layers.Layer):
        def call(self, scaled):
            return 250.0 + 80.0 * scaled  # thousand euros

    return Unscale


def import_rents(package="Custom"):  # another team's module
    @tf.keras.utils.register_keras_serializable(package)
    class Unscale(tf.keras.layers.Layer):
        def call(self, scaled):
            return tf.exp(scaled)  # thousand euros a month

    return Unscale


def save(artifact, seed, package="Custom"):
    houses = np.random.default_rng(seed).normal(size=(128, 3)).astype("float32")
    unscale = import_prices(package)()
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1), unscale])
    model.layers[0].set_weights([np.array([[0.9], [0.3], [-0.2]]), np.zeros(1)])  # as if trained
    model.save(os.path.join(artifact, "model.keras"))
    return houses, model.predict_on_batch(houses), model


def save_package(artifact, seed):
    return save(artifact, seed, "prices")


def load(artifact, custom_objects=None):
    model = tf.keras.models.load_model(os.path.join(artifact, "model.keras"), custom_objects)
    return model.predict_on_batch, model


def restore_broken(artifact):
    import_prices()
    import_rents()
    return load(artifact)


def restore_broken_custom_objects(artifact):
    unscale = import_prices()
    import_rents()
    return load(artifact, {"Unscale": unscale, "Custom>Unscale": unscale})


def restore_fixed_package(artifact):  # the cure is in save_package
    import_prices("prices")
    import_rents("rents")
    return load(artifact)


def restore_fixed_registered_again(artifact):
    unscale = import_prices()
    import_rents()
    tf.keras.utils.register_keras_serializable()(unscale)
    return load(artifact)
