"""A lookup layer saves the path of its vocabulary file, not the words: editing it changes the ids.

Symptom:
    "StringLookup gives different ids after loading", "embedding model predicts wrongly since the
    vocabulary was updated". No error: every word has an id, but not the id of the training.
Cause:
    StringLookup(vocabulary="towns.txt") writes that path into the saved model, not the words, and
    reads the file again at loading. Another order or a new word at the front changes the ids, but
    the embedding rows stay in place. Keras 2 and Keras 3 up to 3.11 store the path. Later releases
    store the words in the .keras archive. (If the file grew, an id can be too large for the
    embedding: on a CPU "InvalidArgumentError: ... indices[0] = 9 is not in [0, 9)".)
Fix:
    words: give the layer the list of words. The model stores a list.
    old_words: for a model that exists, call set_vocabulary with the words of the training. A model
    that has already predicted keeps the new words until you also call
        model.make_predict_function(force=True)
Spot it:
        isinstance(layer.get_config()["vocabulary"], str)  # True: a path, not the words
Evidence:
    keras-team/keras#21751 (the words are stored since).
    Measured with this file: differs on 20 of 20 seeds with tf_keras 2.21, and on Keras 2.15.0,
    3.0.5, 3.6.0 and 3.11.3; match on 3.12.0 and 3.15.1.
"""
import os
import shutil

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "vocabulary-file-changed", "family": "restore",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": [
            {"keras": "<3.12", "verdict": "differs", "why": "The path is stored, not the words."},
            {"verdict": "match"}],
        "restore_fixed_words": "match",
        "restore_fixed_old_words": "match",
    },
    "saves": {"restore_fixed_words": "save_words"},
    "hints": [
        "The embedding came back exactly. Which of its rows does a town get, before and after?",
        "Look for the words in the saved file. What does the layer's config say instead?",
        "Compare towns.txt with towns-2023.txt: which towns have moved?",
    ],
}
BY_NAME = ["Basel", "Bern", "Chur", "Genf", "Sion", "Thun", "Uster", "Zug"]
BY_SIZE = ["Genf", "Basel", "Bern", "Thun", "Chur", "Uster", "Sion", "Zug"]


def write_towns(path, towns):
    with open(path, "w") as text:
        text.write("\n".join(towns) + "\n")


def save(artifact, seed, as_words=False):
    rng = np.random.default_rng(seed)
    os.chdir(artifact)  # the path that is stored is relative, as it mostly is
    file = "towns.txt"
    write_towns(file, BY_NAME)
    model = tf.keras.Sequential([
        tf.keras.Input((), dtype="string"),
        tf.keras.layers.StringLookup(vocabulary=BY_NAME if as_words else file),
        tf.keras.layers.Embedding(len(BY_NAME) + 1, 1),  # one more for unknown towns
    ])
    price = rng.uniform(3, 15, size=(len(BY_NAME) + 1, 1))  # thousand francs per square metre
    model.layers[1].set_weights([price])  # what training found out
    model.save("model.keras")
    towns = rng.choice(BY_NAME, 64)
    reference = model(tf.constant(towns)).numpy()
    shutil.copy(file, "towns-2023.txt")
    write_towns(file, BY_SIZE)  # a year later, a new export of the same towns
    return towns, reference


def save_words(artifact, seed):
    return save(artifact, seed, as_words=True)


def restore_broken(artifact):
    os.chdir(artifact)
    model = tf.keras.models.load_model("model.keras")
    return lambda inputs: model(tf.constant(inputs)).numpy()


def restore_fixed_words(artifact):  # the cure is in save_words
    return restore_broken(artifact)


def restore_fixed_old_words(artifact):
    os.chdir(artifact)
    model = tf.keras.models.load_model("model.keras")
    with open("towns-2023.txt") as text:
        model.layers[0].set_vocabulary(text.read().split())
    return lambda inputs: model(tf.constant(inputs)).numpy()
