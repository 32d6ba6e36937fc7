"""Letters get numbers from the order of a set, and each Python process orders a set anew.

Symptom:
    "The model works in this session and predicts gibberish in a new one." No error. The weights
    that come back are equal, so save and load look broken although they are not.
Cause:
    Training numbered the letters with enumerate(set(text)). Python chooses a random number when a
    process starts, and this number changes the hash of every string. The same set therefore has
    another order in the next process, and the embedding looks up the rows of other letters.
Fix:
    saved_alphabet: write the alphabet beside the model, and read it where the model is loaded.
    For a new training: number sorted(set(text)), which always has the same order.
Spot it:
    Run this line in two terminals. If the outputs differ, the set's order is not fixed:
        print("".join(set(text)))
Evidence:
    keras-team/keras#4875 (comment of 2020-08-20), keras-team/keras#2059, ChunML/text-generator#4.
    Measured with this file.
"""
import os
import subprocess
import sys

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "vocabulary-from-a-set", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "differs", "restore_fixed_saved_alphabet": "match"},
    "hints": [
        "The weights are equal. What does a row of the embedding stand for?",
        "Print the alphabet in the process that saves and in the process that restores.",
        "A set of strings has another order in each process. A saved list has one order.",
    ],
}
TEXT = "sphinx of black quartz judge my vow"


def order_set(process):
    """Return the letters of TEXT as a new Python process orders them.

    Python chooses the hash seed at random. Here the two processes get 1 and 2, so that the lesson
    gives the same numbers each time.
    """
    code = "print(''.join(set('%s') - set(' ')))" % TEXT
    variables = dict(os.environ, PYTHONHASHSEED=str(process))
    answer = subprocess.run([sys.executable, "-c", code], env=variables, stdout=subprocess.PIPE)
    return answer.stdout.decode().strip()


def number_letters(words, alphabet):
    return np.array([[alphabet.index(letter) for letter in word] for word in words])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    alphabet = order_set(1)  # the process of the training
    words = np.array(["".join(rng.choice(list(alphabet), 5)) for _ in range(64)])
    model = tf.keras.Sequential([
        tf.keras.Input((5,)), tf.keras.layers.Embedding(26, 1),
        tf.keras.layers.GlobalAveragePooling1D(),
    ])
    # what a training arrives at: a frequent letter is worth 1 point, a rare letter 5
    worth = [[1.0 if letter in "eaionrtls" else 5.0] for letter in alphabet]
    model.set_weights([np.array(worth)])
    model.save(artifact + "/model.h5")
    with open(artifact + "/alphabet.txt", "w") as file:
        file.write(alphabet)
    return words, model.predict_on_batch(number_letters(words, alphabet)), model


def load(artifact, alphabet):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda words: model.predict_on_batch(number_letters(words, alphabet)), model


def restore_broken(artifact):
    return load(artifact, order_set(2))  # the process of the predictions


def restore_fixed_saved_alphabet(artifact):
    with open(artifact + "/alphabet.txt") as file:
        return load(artifact, file.read())
