"""TFSMLayer returns tensors without a mask: the layers after it count padding as words.

Symptom:
    An exported encoder has a Keras head on top. After the change to TFSMLayer the scores of short
    texts drift and depend on the padding. No error, and the encoder's output is equal.
Cause:
    Embedding(mask_zero=True) attaches a mask to its output, and layers pass the mask on. A
    SavedModel takes tensors and returns tensors: masks work inside the SavedModel and are dropped
    at its end. Pooling, LSTM or attention after a TFSMLayer use every padded step.
Fix:
    mask_passed: compute the mask from the inputs and pass the mask to the head.
    whole_model: export encoder and head together, so that no mask leaves the SavedModel.
    If you have the code, save a .keras file, which keeps layers and so masks.
    How it differs from saved-model-loses-mask: the mask is lost at the end of the exported part.
Spot it:
    Pad one text further and predict both. A model that masks gives the same score:
        np.abs(predict(ids) - predict(np.pad(ids, ((0, 0), (0, 9))))).max()
Evidence:
    keras-team/keras#21133. Measured with this file: differs in Keras 3.0 to 3.15.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tfsm-layer-forgets-mask", "family": "restore",
    "tensorflow": ">=2.16", "keras": ">=3", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_mask_passed": "match",
        "restore_fixed_whole_model": "match",
    },
    "saves": {"restore_fixed_whole_model": "save_whole_model"},
    "dose": {"path": "restore_broken", "of": "zeros appended to texts of 12 words",
             "values": [0, 4, 12, 28, 88]},
    "hints": ["Score the texts without any padding. Are they right then?",
              "The average over a text: over how many steps is it taken?",
              "What does Embedding pass to the next layers, besides its output?"],
}


def build(words):
    encoder = tf.keras.Sequential([
        tf.keras.Input((None,), dtype="int32"),
        tf.keras.layers.Embedding(50, 4, mask_zero=True)])
    encoder.set_weights([words])
    head = tf.keras.Sequential([
        tf.keras.Input((None, 4)), tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(1)])
    head.set_weights([np.full((4, 1), 2.0), np.array([1.0])])
    return encoder, head


def save(artifact, seed, whole=False):
    rng = np.random.default_rng(seed)
    texts = rng.integers(1, 50, size=(64, 12)).astype("int32")  # 12 words each, no padding
    encoder, head = build(rng.normal(0.5, 1.0, size=(50, 4)))  # what training made of each word
    model = tf.keras.Sequential([tf.keras.Input((None,), dtype="int32"), encoder, head])
    (model if whole else encoder).export(os.path.join(artifact, "exported"))
    head.save(os.path.join(artifact, "head.keras"))
    return texts, model.predict_on_batch(texts)


def save_whole_model(artifact, seed):
    return save(artifact, seed, whole=True)


def pad(texts, zeros):  # to one length for all requests
    return tf.pad(texts, [[0, 0], [0, zeros]])


def load(artifact):
    served = tf.keras.layers.TFSMLayer(os.path.join(artifact, "exported"), call_endpoint="serve")
    return served, tf.keras.models.load_model(os.path.join(artifact, "head.keras"))


def restore_broken(artifact, dose=28):
    encoder, head = load(artifact)
    return lambda texts: head(encoder(pad(texts, dose))).numpy()


def restore_fixed_mask_passed(artifact):
    encoder, head = load(artifact)

    def predict(texts):
        ids = pad(texts, 28)
        return head(encoder(ids), mask=tf.not_equal(ids, 0)).numpy()

    return predict


def restore_fixed_whole_model(artifact):  # the cure is in save_whole_model
    model, _ = load(artifact)
    return lambda texts: model(pad(texts, 28)).numpy()
