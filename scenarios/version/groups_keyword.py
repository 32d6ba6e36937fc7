"""Keras 2 saved DepthwiseConv2D and Conv2DTranspose with a keyword, groups, that Keras 3 rejects.

Symptom:
    Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}
    If that layer is repaired, the next layer raises:
    Unrecognized keyword arguments passed to Conv2DTranspose: {'groups': 1}
    Common with MobileNet, Teachable Machine (keras_model.h5), U-Nets.
Cause:
    In Keras 2 these layers inherited from Conv2D and wrote all arguments of Conv2D into the file.
    In Keras 3 these layers have their own constructors, without groups. groups was always 1 and had
    no effect.
Fix:
    shims: subclasses that drop the keyword, one for every class that has it. They need no code of
    the model. (Keras 3.0 to 3.2 ignore load_model's custom_objects here; the scope works.)
    rebuild: build the model in code and load_weights from the same file. The configuration is not
    read.
    tf_keras (TF_USE_LEGACY_KERAS=1) reads the file as it is.
Spot it:
        '"groups"' in h5py.File("model.h5", "r").attrs["model_config"]  # Conv1D to 3D may have it
Evidence:
    keras-team/keras#19441 (Conv2DTranspose), keras-team/keras#19151,
    googlecreativelab/teachablemachine-community#403 (DepthwiseConv2D).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "groups-keyword",
    "family": "version",
    "tensorflow": ">=2.3",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "groups_keyword"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "DepthwiseConv2D: {'groups': 1}"},
            {"verdict": "match"}],
        "restore_broken_half_mended": [
            {"keras": ">=3", "verdict": "error", "raises": "Conv2DTranspose: {'groups': 1}"},
            {"verdict": "match"}],
        "restore_fixed_shims": "match",
        "restore_fixed_rebuild": "match"},
    "minutes": 6,
    "hints": [
        "The message names a class and a keyword. Does the model work without that keyword?",
        "A subclass may accept groups and drop it. How does load_model find the subclass?",
        "custom_object_scope replaces a built-in class too. Count the classes that need it.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((8, 8, 3)),  # a satellite image: red, green, infrared
        tf.keras.layers.DepthwiseConv2D(3, padding="same"),
        tf.keras.layers.Conv2D(6, 1, activation="relu"),
        tf.keras.layers.Conv2DTranspose(1, 2, strides=2)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    field = rng.uniform(size=(64, 8, 8, 3)).astype("float32")
    moisture = (field[..., 2:] - field[..., :1]).repeat(2, axis=1).repeat(2, axis=2)  # finer
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(field, moisture, epochs=20, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return field[:8], model.predict_on_batch(field[:8]), model


class DepthwiseConv2D(tf.keras.layers.DepthwiseConv2D):
    def __init__(self, *args, groups=1, **kwargs):
        super().__init__(*args, **kwargs)


class Conv2DTranspose(tf.keras.layers.Conv2DTranspose):
    def __init__(self, *args, groups=1, **kwargs):
        super().__init__(*args, **kwargs)


def restore_broken(artifact, **shims):
    with tf.keras.utils.custom_object_scope(shims):
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_half_mended(artifact):
    return restore_broken(artifact, DepthwiseConv2D=DepthwiseConv2D)


def restore_fixed_shims(artifact):
    shims = {"DepthwiseConv2D": DepthwiseConv2D, "Conv2DTranspose": Conv2DTranspose}
    return restore_broken(artifact, **shims)


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model
