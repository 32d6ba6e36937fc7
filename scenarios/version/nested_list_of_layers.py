"""A .keras file saved by Keras before 3.15 lacks layers that a custom layer kept in nested lists.

Symptom:
    "Weights not restored, predictions are random after load_model". No error. len(model.weights)
    and all shapes are right, but some weights are freshly initialised. After an upgrade Keras only
    adds a warning: Skipping nested container at '...': no matching group found in the saved file.
Cause:
    self.branches = [[Dense(8), Dense(1)], ...]. When saving, Keras went through a list and saved
    its layers, but skipped an inner list (or dict). These weights were never written, so no reader
    can restore them: the layers keep their initial values. A flat list is safe, as is a nested list
    in a subclassed Model. 3.15 repaired the saving.
Fix:
    flat: keep layers in one flat list, here of a Sequential per branch, and train or save again.
    h5: model.save("model.h5") holds all weights, and so does get_weights() of the live model.
    How it differs from checkpoint-skips-layer-lists: there one flat list is already skipped.
Spot it:
        h5py.File(zipfile.ZipFile("model.keras").open("model.weights.h5")).visit(print)
    A custom layer without layers below it in this listing has lost its layers.
Evidence:
    keras-team/keras#20598, mended by #22362 (read 2026-11-26). Measured with this file, written by
    TensorFlow 2.20 with Keras 3.11.3; Keras 3.14.1 saves with the same gap, Keras 3.15.1 without.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "nested-list-of-layers",
    "family": "version",
    "tensorflow": ">=2.20",  # the readers; `save` wrote the committed files in TensorFlow 2.20.0
    "keras": ">=3",
    "artifact": {"writer": "2.20.0", "folder": "nested_list_of_layers"},
    "seed": 0,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_flat": "match",
        "restore_fixed_h5": "match",
    },
    "minutes": 8,
    "hints": [
        "Load the file twice, in processes of their own. Which weights differ between the two?",
        "List what model.weights.h5 in the archive holds. Which layers are missing?",
        "The missing layers are those in a list inside a list. Where could they be kept instead?",
    ],
}


class Branches(tf.keras.layers.Layer):  # one small network per sensor, then their sum
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branches = [
            [tf.keras.layers.Dense(8, "tanh"), tf.keras.layers.Dense(1)] for _ in range(2)]

    def build(self, shape):
        for first, second in self.branches:
            first.build((None, 1))
            second.build((None, 8))

    def call(self, sensors):
        columns = tf.split(sensors, 2, axis=1)
        return sum(second(first(x)) for (first, second), x in zip(self.branches, columns))


class FlatBranches(tf.keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branches = [tf.keras.Sequential(
            [tf.keras.layers.Dense(8, "tanh"), tf.keras.layers.Dense(1)]) for _ in range(2)]

    def build(self, shape):
        for branch in self.branches:
            branch.build((None, 1))

    def call(self, sensors):
        columns = tf.split(sensors, 2, axis=1)
        return sum(branch(x) for branch, x in zip(self.branches, columns))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    sensors = rng.normal(size=(64, 2)).astype("float32")
    for branches, file in ((FlatBranches(), "/flat.keras"), (Branches(), "/model.keras")):
        model = tf.keras.Sequential([tf.keras.Input((2,)), branches])
        trained = np.random.default_rng(seed)  # random weights stand for trained ones
        model.set_weights([trained.normal(size=each.shape) for each in model.get_weights()])
        model.save(artifact + file)
    model.save(artifact + "/model.h5")
    return sensors, model(sensors).numpy(), model


def restore_broken(artifact, file="/model.keras", kind=Branches):
    model = tf.keras.models.load_model(artifact + file, {kind.__name__: kind}, compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_flat(artifact):
    return restore_broken(artifact, "/flat.keras", FlatBranches)


def restore_fixed_h5(artifact):
    return restore_broken(artifact, "/model.h5")
