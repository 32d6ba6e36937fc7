"""Weights that Keras 2 saved under a name without .h5 are an error in load_weights of Keras 3.

Symptom:
    ValueError: File format not supported: filepath=.../weights. Keras 3 only supports V3 `.keras`
    and `.weights.h5` files, or legacy V1/V2 `.h5` files. (Other words in the newest releases.)
    The folder holds weights.index, weights.data-00000-of-00001 and checkpoint. The same call loads
    them in TensorFlow 2.15.
Cause:
    save_weights("weights") of Keras 2 writes a TensorFlow checkpoint unless the name ends in .h5.
    load_weights of Keras 3 reads HDF5 only. Another ending for the same files changes nothing.
Fix:
    values_read: for a file that exists. tf.train.load_checkpoint reads every array in any release.
    Set the arrays layer by layer.
    Or load once in the old release or with tf_keras (TF_USE_LEGACY_KERAS=1), and save_weights under
    a name that ends in .weights.h5 (tf_keras) or .h5.
    How it differs from checkpoint-across-keras: there tf.train.Checkpoint raises no error.
    savedmodel-folder-keras3 is about a whole model in a folder.
Spot it:
    A list of names that begin with layer_with_weights: a checkpoint of Keras 2.
        print(tf.train.list_variables(path))
Evidence:
    isikdogan/deepwatermap#12, m-lyon/dMRI-RCNN#4, moono/lpips-tf2.x#4.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "weights-in-tf-format",
    "family": "version",
    "tensorflow": ">=2.1",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "weights_in_tf_format"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "why": "Keras 3 reads HDF5 only.",
             "raises": "`.weights.h5` files,"},
            {"verdict": "match"}],
        "restore_fixed_values_read": "match",
    },
    "minutes": 5,
    "hints": [
        "Look at the names of the files in the folder. Which program writes such files?",
        "Print tf.train.list_variables for the path that load_weights gets.",
        "tf.train.load_checkpoint(path).get_tensor(name) reads one array, in any release.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    water = rng.normal(size=(64, 3)).astype("float32")  # green, near and short infrared: z-scores
    depth = 4 + 2 * water[:, :1] - 3 * np.tanh(water[:, 1:2]) - water[:, 2:]  # metres of a lake
    model = build()
    train(model, rng, water, depth)
    model.save_weights(artifact + "/weights")
    return water, model(water).numpy(), model


def restore_broken(artifact):
    model = build()
    model.load_weights(artifact + "/weights")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_values_read(artifact):
    model = build()
    stored = tf.train.load_checkpoint(artifact + "/weights")
    name = "layer_with_weights-%d/%s/.ATTRIBUTES/VARIABLE_VALUE"
    for number, layer in enumerate(model.layers):  # all of these have weights
        layer.set_weights([stored.get_tensor(name % (number, part)) for part in ("kernel", "bias")])
    return lambda inputs: model(inputs).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: a random hidden layer, the best head
    model.layers[0].set_weights([0.7 * rng.normal(size=(3, 8)), rng.normal(size=8)])
    features = np.column_stack([model.layers[0](inputs), np.ones(len(inputs))])
    weights = np.linalg.lstsq(features, targets, rcond=None)[0]
    model.layers[1].set_weights([weights[:-1], weights[-1]])
