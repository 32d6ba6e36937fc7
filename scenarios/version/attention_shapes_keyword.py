"""Keras 2 saved MultiHeadAttention with the shapes of its inputs. Keras 3 has no such arguments.

Symptom:
    load_model("model.h5") raises TypeError: Error when deserializing class 'MultiHeadAttention' ...
    Unrecognized keyword arguments passed to MultiHeadAttention: {'query_shape': [None, 5, 8],
    'key_shape': [None, 5, 8], 'value_shape': [None, 5, 8]}
    If you drop these keywords, the next message is:
    MultiHeadAttention.build() missing 1 required positional argument: 'value_shape'
Cause:
    MultiHeadAttention of Keras 2 stored the shapes of its inputs in its configuration. Keras 3
    learns the shapes from the call, and its constructor does not accept the three keywords. The
    second message has another cause: value was passed to the call as a keyword, and Keras 3 does
    not find the tensor that the .h5 names for a keyword. The weights are those Keras 3 expects.
Fix:
    rebuild: build the model in code and load_weights the same file.
    shim: for self-attention only, where value and query are one tensor; needs no code of the model.
    Load in a custom_object_scope with a subclass that drops the keywords and uses query as value.
    Or let it be done, with a proof: python -m harness rescue model.h5
Spot it:
        '"query_shape"' in h5py.File("model.h5", "r").attrs["model_config"]  # True: refused
Evidence:
    Measured with this file: both messages in Keras 3.0.5 (2.16.1) and 3.13.2 (2.21). A file of
    TensorFlow 2.4 lacks the words, and Keras 3.13.2 has the second message for it.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "attention-shapes-keyword",
    "family": "version",
    "tensorflow": ">=2.10",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "attention_shapes_keyword"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "{'query_shape': [None, 5, 8]",
             "why": "Keras 3 has no such three arguments."},
            {"verdict": "match"}],
        "restore_broken_half_mended": [
            {"keras": ">=3", "verdict": "error", "raises": "argument: 'value_shape'"},
            {"verdict": "match"}],
        "restore_fixed_shim": "match",
        "restore_fixed_rebuild": "match",
    },
    "minutes": 8,
    "hints": [
        "The message names a class and three words. Do the shapes say anything that is not known?",
        "A subclass may take the words and forget them. What does Keras 3 lack then?",
        "What is the value of this layer? It is the tensor that the query is, too.",
    ],
}


def build():
    steps = tf.keras.Input((5, 8))  # five notes of a bird's song, eight measures each
    heard = tf.keras.layers.MultiHeadAttention(2, 4)(steps, steps)
    return tf.keras.Model(steps, tf.keras.layers.Dense(1)(tf.keras.layers.Flatten()(heard)))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    songs = rng.normal(size=(128, 5, 8)).astype("float32")
    pitch = songs[:, 0, :1] * songs[:, 4, :1]
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(songs, pitch, epochs=5, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return songs[:32], model.predict_on_batch(songs[:32]), model


class WithoutShapes(tf.keras.layers.MultiHeadAttention):
    def __init__(self, *args, query_shape=None, key_shape=None, value_shape=None, **kwargs):
        super().__init__(*args, **kwargs)


def restore_broken(artifact, **shims):
    with tf.keras.utils.custom_object_scope(shims):
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


class SelfAttention(WithoutShapes):
    def __call__(self, query, value=None, **kwargs):
        return super().__call__(query, query, **kwargs)


def restore_broken_half_mended(artifact):
    return restore_broken(artifact, MultiHeadAttention=WithoutShapes)


def restore_fixed_shim(artifact):
    return restore_broken(artifact, MultiHeadAttention=SelfAttention)


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model
