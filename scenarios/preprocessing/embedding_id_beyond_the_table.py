"""An id beyond the embedding's table is an error on the CPU, and the last row under XLA.

Symptom:
    With jit_compile=True texts with new words get wrong predictions, without an error; all texts of
    new words alone get the same one. The same program without jit_compile raises "indices[0,0] = 60
    is not in [0, 50)".
Cause:
    The table has one row for each word of the training. A newer word has a larger id. TensorFlow on
    the CPU rejects such an id. Code compiled by XLA takes the last row instead, so a new word
    counts as the last word of the vocabulary. Keras 3.0 takes the last row without XLA too.
Fix:
    unknown: give every word beyond the table the id that training used for unknown words, here 1.
Spot it:
        print(ids.max(), layer.input_dim)  # the largest id must be smaller
Evidence:
    keras-team/keras#9264 and tensorflow/tensorflow#5847. Measured
    with this file on the CPU. What a GPU does was not measured.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "embedding-id-beyond-the-table", "family": "preprocessing",
    "tensorflow": ">=2.5", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [
            # its Embedding takes the last row itself, also in a plain call
            {"keras": ">=3,<3.1", "verdict": "differs"},
            {"verdict": "error", "raises": "is not in [0, 50)"},
        ],
        "restore_broken_compiled": "differs",
        "restore_fixed_unknown": "match",
    },
    "hints": [
        "Run the same batch without jit_compile.",
        "Compare the largest id with the number of rows of the embedding.",
        "Training had an id for unknown words. Which words get that id now?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((4,), dtype="int32"), tf.keras.layers.Embedding(50, 2),
        tf.keras.layers.Flatten(), tf.keras.layers.Dense(1),
    ])
    # in place of a training
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    model.save(artifact + "/model.h5")
    ids = rng.integers(0, 90, size=(32, 4))  # the ids from 50 on are words of this year
    ids[0, 0] = 60
    return ids, model.predict_on_batch(np.where(ids < 50, ids, 1).astype("int32")), model


def load(artifact):
    return tf.keras.models.load_model(artifact + "/model.h5", compile=False)


def restore_broken(artifact):
    model = load(artifact)
    return lambda ids: model.predict_on_batch(ids.astype("int32")), model


def restore_broken_compiled(artifact):
    model = load(artifact)
    compiled = tf.function(lambda ids: model(ids), jit_compile=True)
    return lambda ids: compiled(tf.constant(ids.astype("int32"))).numpy(), model


def restore_fixed_unknown(artifact):
    predict, model = restore_broken_compiled(artifact)
    return lambda ids: predict(np.where(ids < 50, ids, 1)), model
