"""A Keras 2 model with a slash in the name of a layer, as every DenseNet has, is refused by Keras 3.

Symptom:
    load_model("model.h5") raises TypeError: Error when deserializing class 'Conv2D' ...
    Argument `name` must be a string and cannot contain character `/`. Received: name=conv1/conv
    The message prints the whole layer first, so its last line is easily missed.
Cause:
    Keras 3 uses the slash for the paths of variables and forbids it in names. Keras 2 did not: the
    layers of tf.keras.applications.DenseNet121 are called conv1/conv, conv1/bn, ... up to
    TensorFlow 2.15, and names of one's own often had the form block/layer.
Fix:
    shims: subclasses that put _ for / into the name, in a custom_object_scope, one for every class
    that has such a layer. They need no code of the model. (Keras 3.0 to 3.2 ignore load_model's
    custom_objects here; the scope works.) The weights of an .h5 go by the order of layers.
    rebuild: the model's code with names without a slash; load_weights reads the same file.
    Or let it be done, with a proof: python -m harness rescue model.h5
Spot it:
        list(h5py.File("model.h5", "r")["model_weights"].attrs["layer_names"])  # is there a slash?
Evidence:
    Measured with this file: refused by Keras 3.0.5 (2.16.1) to 3.13.2 (2.21). Names of DenseNet:
    read in densenet.py of Keras 2.10, 2.15 and 3.13.2, which has conv1_conv.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "slash-in-layer-name",
    "family": "version",
    "tensorflow": ">=2.6",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "slash_in_layer_name"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "cannot contain character `/`",
             "why": "Names in Keras 3 must not hold a slash."},
            {"verdict": "match"}],
        "restore_fixed_shims": "match",
        "restore_fixed_rebuild": "match",
    },
    "minutes": 8,
    "hints": [
        "The message is long. Which of the arguments in it does Keras complain of?",
        "Where in the file does that name stand, and do the weights depend on it?",
        "custom_object_scope replaces a class of Keras too. A subclass may change the name it gets.",
    ],
}


def build(slash):
    image = tf.keras.Input((6, 6, 2))  # a leaf: green and infrared
    hidden = tf.keras.layers.Conv2D(4, 3, name="conv1" + slash + "conv")(image)
    hidden = tf.keras.layers.Activation("relu", name="conv1" + slash + "relu")(hidden)
    hidden = tf.keras.layers.GlobalAveragePooling2D()(hidden)
    return tf.keras.Model(image, tf.keras.layers.Dense(1, name="water")(hidden))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    leaves = rng.uniform(size=(64, 6, 6, 2)).astype("float32")
    leaves *= rng.uniform(0.2, 1, size=(64, 1, 1, 1)).astype("float32")
    water = leaves[..., 1].mean(axis=(1, 2)) - 0.5 * leaves[..., 0].mean(axis=(1, 2))
    model = build("/")
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(leaves, water, epochs=10, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return leaves[:16], model.predict_on_batch(leaves[:16]), model


def restore_broken(artifact, **shims):
    with tf.keras.utils.custom_object_scope(shims):
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


class Conv2D(tf.keras.layers.Conv2D):
    def __init__(self, *args, name=None, **kwargs):
        super().__init__(*args, name=name and name.replace("/", "_"), **kwargs)


class Activation(tf.keras.layers.Activation):
    def __init__(self, *args, name=None, **kwargs):
        super().__init__(*args, name=name and name.replace("/", "_"), **kwargs)


def restore_fixed_shims(artifact):
    return restore_broken(artifact, Conv2D=Conv2D, Activation=Activation)


def restore_fixed_rebuild(artifact):
    model = build("_")
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model
