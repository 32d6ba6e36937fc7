"""get_weights() differs after loading, array by array: the list has another order, not the model.

Symptom:
    "Weights are different after load_weights": np.array_equal(before[0], after[0]) is False, also
    for later arrays, though the shapes agree. The predictions are the same to the last digit.
Cause:
    get_weights() lists inner layers in the order in which __init__ sets them. Between saving and
    loading somebody sorted these lines. A .weights.h5 finds the inner layers of a custom layer by
    the attribute's name, not by position, so each layer gets its own weights.
Fix:
    Compare by name, as below: {weight.path: weight}. Do not pass such lists to other models.
    set_weights(before) raises no error here, as the shapes agree, and breaks the model.
Spot it:
    Sort both lists by content: they are equal. If a prediction changed as well, weights are in
    wrong layers. That happens in a subclassed Model, where Keras 3 finds attributes after "layers"
    in the alphabet by position, so sorting the lines swaps weights.
        sorted(weight.sum() for weight in before) == sorted(weight.sum() for weight in after)
Evidence:
    keras-team/keras#16966 and tensorflow/tfjs-converter#178 (code that relied on the order).
    Measured with this file: a match on 20 of 20 seeds. After set_weights(before) the predictions
    were off by 0.5 to 1.3 of their spread (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "weight-list-reordered",
    "family": "restore",
    "tensorflow": ">=2.16",
    "keras": ">=3",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "of 4 weights differ after loading",
    "minutes": 6,
    "hints": [
        "The list differs, the predictions do not. What does a position in the list mean?",
        "In which order does __init__ set its layers, in save and in the restore?",
        "Compare weights of the same path instead of the same position.",
    ],
}


class Blend(tf.keras.layers.Layer):
    def __init__(self, order):
        super().__init__(name="blend")
        for name in order:  # self.sunny = Dense(1) and self.cloudy = Dense(1), in this order
            setattr(self, name, tf.keras.layers.Dense(1, name=name))

    def build(self, shape):
        self.sunny.build(shape)
        self.cloudy.build(shape)
        self.built = True

    def call(self, inputs):
        cover = inputs[:, :1]  # clouds, from 0 to 1
        return cover * self.cloudy(inputs) + (1 - cover) * self.sunny(inputs)


def build(order):
    return tf.keras.Sequential([tf.keras.Input((4,)), Blend(order)], name="forecast")


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(0, 1, size=(64, 4)).astype("float32")
    model = build(["sunny", "cloudy"])
    # Any weights will do in place of the trained ones.
    # in place of a training
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    model.save_weights(artifact + "/model.weights.h5")
    np.savez(artifact + "/before.npz", *model.get_weights())
    np.savez(artifact + "/by_path.npz", **{weight.path: weight.numpy() for weight in model.weights})
    return inputs, model.predict_on_batch(inputs)


def restore_healthy(artifact):
    # since then somebody has put the lines of __init__ into alphabetical order
    model = build(["cloudy", "sunny"])
    model.load_weights(artifact + "/model.weights.h5")
    before, by_path = np.load(artifact + "/before.npz"), np.load(artifact + "/by_path.npz")
    pairs = zip(before.files, model.get_weights())
    changed = sum(not np.array_equal(before[name], weight) for name, weight in pairs)
    if changed:
        warnings.warn("%d of 4 weights differ after loading" % changed)
    for weight in model.weights:
        if not np.array_equal(by_path[weight.path], weight.numpy()):
            raise ValueError(weight.path + " did not come back")
    return model.predict_on_batch
