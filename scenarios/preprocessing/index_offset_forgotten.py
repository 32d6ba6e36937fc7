"""Keras adds 3 to the word numbers of a dataset, and the code that looks words up does not.

Symptom:
    "IMDB model is right on the test set and wrong on my own sentence", "get_word_index gives
    gibberish". No error.
Cause:
    imdb.load_data and reuters.load_data add index_from=3 to each number: 0 is padding, 1 is the
    start, 2 is an unknown word. get_word_index returns the numbers without the 3. A new sentence is
    looked up without the 3, so each word becomes the word three ranks before it.
Fix:
    shifted: add 3 to each number and put 1 in front, as load_data does.
    How it differs from tokenizer-refitted: the table of words is right, and every number is wrong
    by the same amount.
Spot it:
    The numbers must give the sentence when they are turned back into words (0 to 2 are no words):
        word_of = {number + 3: word for word, number in word_index.items()}
        print(" ".join(word_of.get(number, "?") for number in inputs[0]))
Evidence:
    udacity/AIND-NLP#1, keras-team/keras#16673 (an example in Keras's own documentation had the
    mistake), keras-team/keras#5912; read on 2026-11-26 as search excerpts.
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import json

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "index-offset-forgotten", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 8,
    "expect": {"restore_broken": "differs", "restore_fixed_shifted": "match"},
    "dose": {"path": "restore_broken", "of": "added to each number", "values": [0, 1, 2, 3]},
    "hints": [
        "The test set is predicted well. In which form does the test set arrive?",
        "Turn the numbers that the model gets back into words. Is that the sentence?",
        "Which numbers does load_data keep free, and does get_word_index know?",
    ],
}
WORDS = ("the and a of to is it in this that was as with movie film but great boring good awful "
         "story acting plot scene bad wonderful weak dull bright flat").split()


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    word_index = {word: rank for rank, word in enumerate(WORDS, 1)}  # what get_word_index returns
    model = tf.keras.Sequential([
        tf.keras.Input((13,)),
        tf.keras.layers.Embedding(len(WORDS) + 4, 2),
        tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    # in place of a training: each word has a tone, and a review has the mean of its words
    tones = rng.normal(size=(len(WORDS) + 4, 2))
    model.set_weights([tones, np.array([[3.0], [-2.0]]), np.zeros(1)])
    model.save(artifact + "/model.h5")
    with open(artifact + "/word_index.json", "w") as file:
        json.dump(word_index, file)
    reviews = rng.choice(WORDS, size=(64, 12))
    numbers = [[1] + [word_index[word] + 3 for word in review] for review in reviews]
    return reviews, model.predict_on_batch(np.array(numbers)), model


def load(artifact, encode):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    with open(artifact + "/word_index.json") as file:
        word_index = json.load(file)

    def predict(reviews):
        ranks = np.array([[word_index[word] for word in review] for review in reviews])
        return model.predict_on_batch(encode(ranks))

    return predict, model


def restore_broken(artifact, dose=0):
    return load(artifact, lambda ranks: np.insert(ranks + dose, 0, 1, axis=1))


def restore_fixed_shifted(artifact):
    return load(artifact, lambda ranks: np.insert(ranks + 3, 0, 1, axis=1))
