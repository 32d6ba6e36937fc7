"""A SavedModel loaded without its custom class loses supports_masking: padding counts as words.

Symptom:
    Scores of short texts drift after load_model and depend on the padding. All weights are equal.
    No error, no warning.
Cause:
    Without the class, Keras 2 rebuilds the layer from its traced functions. These functions do not
    include supports_masking and compute_mask, so the mask of Embedding(mask_zero=True) ends at this
    layer. The average that follows then includes the padding.
Fix:
    custom_objects: pass the class (or register it). The layer then has its methods again.
    signature: tf.saved_model.load runs the graph of the whole model, mask included.
    In Keras 3, and better in Keras 2 too, save as .keras, where a missing class is an error.
    How it differs from tfsm-layer-forgets-mask: the mask is lost at one layer inside the model.
Spot it:
    Pad one text further and predict both. A model that masks gives the same score:
        np.abs(model.predict(ids) - model.predict(np.pad(ids, ((0, 0), (0, 9))))).max()
Evidence:
    keras-team/keras#15510 ("silently fails"), tensorflow/tensorflow#38620. Measured
    with this file: differs in TensorFlow 2.4, 2.10, 2.12, 2.15 and tf_keras 2.21.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "saved-model-loses-mask", "family": "restore",
    "tensorflow": ">=2.2", "keras": "<3", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_custom_objects": "match",
        "restore_fixed_signature": "match",
    },
    "dose": {"path": "restore_broken", "of": "zeros appended to texts of 12 words",
             "values": [0, 4, 12, 28, 88]},
    "hints": ["The weights are equal. Score the same texts without any padding.",
              "Which layers of the model see the mask? Print layer.supports_masking for each.",
              "Print type(layer) of the restored custom layer. Is it your class?"],
}


class SignedRoot(tf.keras.layers.Layer):  # loud words count less
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, vectors):
        return tf.sign(vectors) * tf.sqrt(tf.abs(vectors))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    texts = rng.integers(1, 50, size=(64, 12)).astype("int32")  # 12 words each, no padding
    model = tf.keras.Sequential([
        tf.keras.Input((None,), dtype="int32"),
        tf.keras.layers.Embedding(50, 4, mask_zero=True), SignedRoot(),
        tf.keras.layers.GlobalAveragePooling1D(), tf.keras.layers.Dense(1)])
    words = rng.normal(0.5, 1.0, size=(50, 4))  # what training made of each word
    model.set_weights([words, np.full((4, 1), 2.0), np.array([1.0])])
    model.save(os.path.join(artifact, "model"), save_format="tf")
    return texts, model.predict_on_batch(texts), model


def pad(texts, zeros):  # to one length for all requests
    return np.pad(texts, ((0, 0), (0, zeros)))


def restore_broken(artifact, dose=28, custom_objects=None):
    model = tf.keras.models.load_model(os.path.join(artifact, "model"), custom_objects)
    return lambda texts: model.predict_on_batch(pad(texts, dose)), model


def restore_fixed_custom_objects(artifact):
    return restore_broken(artifact, custom_objects={"SignedRoot": SignedRoot})


def restore_fixed_signature(artifact):
    served = tf.saved_model.load(os.path.join(artifact, "model"))
    return lambda texts: served(tf.constant(pad(texts, 28))).numpy()
