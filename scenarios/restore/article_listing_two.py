"""A custom layer without **kwargs does not load, although custom_objects names its class.

Symptom:
    "TypeError: __init__() got an unexpected keyword argument 'trainable'" (or 'name') from
    load_model(..., custom_objects={"MyCustomLayer": MyCustomLayer}). The result is never zeros.
Cause:
    Keras stores name, dtype and trainable in the layer's config, and passes them to __init__ when
    it loads the layer. This __init__ takes no argument. An article proposes custom_objects for such
    a layer. With custom_objects Keras finds the class, and then __init__ rejects the config.
    A SavedModel of Keras 2.2 to 2.15 holds the layer's operations and needs no class.
Fix:
    kwargs: write __init__(self, **kwargs), pass kwargs to super().__init__, and pass the class to
    load_model as custom_objects. The file needs no change.
    How it differs from missing-custom-objects: the class is given, but its __init__ is wrong.
Spot it:
        import inspect
        print(inspect.signature(MyCustomLayer.__init__))  # has to end with **kwargs
Evidence:
    keras-team/keras#8956, titu1994/keras-neural-alu#1 (the messages), keras-team/keras#19899.
    Measured with this file: docs/explanation/the-article.md.
"""
import glob

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "article-listing-two", "family": "restore",
    "tensorflow": ">=1.15,!=2.0.*,!=2.1.*", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "unexpected keyword argument"},
            {"reader": ">=2.12", "verdict": "match", "why": "Keras 2.12 to 2.15 drop the names."},
            {"verdict": "error", "raises": "unexpected keyword argument"}],
        "restore_broken_no_custom_objects": [
            {"keras": ">=3", "verdict": "error", "raises": "MyCustomLayer"},
            {"reader": ">=2.2", "verdict": "match", "why": "A SavedModel needs no class."},
            {"verdict": "error", "raises": "Unknown layer: MyCustomLayer"}],
        "restore_fixed_kwargs": "match",
    },
    "hints": [
        "The class was found. Which line of the class raises?",
        "Which arguments does Keras pass, and which does __init__ take?",
        "super().__init__ accepts name, dtype and trainable.",
    ],
}


class MyCustomLayer(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(32, activation="relu")

    def call(self, inputs):
        return self.dense(inputs)


def repaired():  # the class has to keep its name: weights are stored under it
    class MyCustomLayer(tf.keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = tf.keras.layers.Dense(32, activation="relu")

        def call(self, inputs):
            return self.dense(inputs)

    return MyCustomLayer


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    features, labels = rng.random((100, 10)), rng.random((100, 1))
    model = tf.keras.Sequential([MyCustomLayer(), tf.keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.train_on_batch(features.astype("float32"), labels)
    inputs = rng.random((10, 10)).astype("float32")
    predictions = model.predict_on_batch(inputs)  # a SavedModel needs a model that has been called
    try:
        model.save(artifact + "/custom_layer_model")  # the article's path, without an ending
    except ValueError:  # an error in Keras 3
        model.save(artifact + "/custom_layer_model.keras")
    return inputs, predictions, model


def load(artifact, custom_objects):
    path, = glob.glob(artifact + "/custom_layer_model*")
    model = tf.keras.models.load_model(path, custom_objects=custom_objects, compile=False)
    return model.predict_on_batch, model


def restore_broken(artifact):
    return load(artifact, {"MyCustomLayer": MyCustomLayer})


def restore_broken_no_custom_objects(artifact):
    return load(artifact, None)


def restore_fixed_kwargs(artifact):
    return load(artifact, {"MyCustomLayer": repaired()})
