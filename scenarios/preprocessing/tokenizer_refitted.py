"""The Tokenizer is fitted again on other texts, and each word gets the number of another word.

Symptom:
    "Keras text model gives random predictions after load_model", "good in the notebook, useless in
    the service". Same weights, same texts, no error.
Cause:
    Tokenizer.fit_on_texts numbers words by frequency. The numbers are rows of the Embedding, so
    they belong to the weights, but the model file does not hold them. Fitting on current texts
    numbers the words anew. Fitting on the old texts plus new texts, "so that new words are known",
    also moves words. A second adapt has the same effect on TextVectorization and StringLookup.
Fix:
    saved_tokenizer: write tokenizer.to_json() beside the model, read it with tokenizer_from_json,
    and never call fit_on_texts outside training.
    How it differs from tokenizer-never-fitted: every word has a number, but a wrong one.
Spot it:
    Keep one sentence with its numbers from training. The service must give the same numbers:
        print(tokenizer.texts_to_sequences(["the room was clean"]))
Evidence:
    keras-team/keras#4875, tensorflow/tensorflow#41016, lyeoni/nlp-tutorial#5.
    Measured: differs on 20 of 20 seeds (2.21). Seed 0: 4 added reviews change nothing, 16 do.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tokenizer-refitted", "family": "preprocessing",
    "tensorflow": ">=2.9", "seed": 0, "minutes": 8,
    "expect": {"restore_broken": "differs", "restore_broken_new_texts_added": "differs",
               "restore_fixed_saved_tokenizer": "match"},
    "dose": {"path": "restore_broken_new_texts_added", "values": [0, 1, 4, 16, 64],
             "of": "new reviews that are added to the 200 of the training"},
    "hints": [
        "The weights are equal. How does a word become a row of the Embedding?",
        "Print tokenizer.word_index in training and after the restore.",
        "tokenizer.json holds the numbers that the weights belong to.",
    ],
}

Tokenizer = tf.keras.preprocessing.text.Tokenizer
STARS = {"lovely": 2, "clean": 1, "quiet": 1, "friendly": 2, "great": 2, "good": 1, "fresh": 1,
         "dirty": -2, "loud": -1, "rude": -2, "small": -1, "cold": -1, "broken": -2, "old": -1}
WORDS = "the room was and staff bed breakfast our we hotel with in of view".split() + list(STARS)


def write_reviews(rng, count):
    often = 1 / np.arange(4, 4 + len(WORDS))  # the first words are frequent, as in any language
    texts = rng.choice(WORDS, size=(count, 12), p=often / often.sum())
    return np.array([" ".join(text) for text in texts])


def to_ids(tokenizer, reviews):
    return tf.keras.utils.pad_sequences(tokenizer.texts_to_sequences(list(reviews)), maxlen=12)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    training, incoming = write_reviews(rng, 200), write_reviews(rng, 64)
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(training)
    model = tf.keras.Sequential([
        tf.keras.Input((12,)),
        tf.keras.layers.Embedding(len(tokenizer.word_index) + 1, 1),
        tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(1),
    ])
    # in place of a training: each word's row is the stars it adds, and a review starts with three
    rows = [[0]] + [[STARS.get(word, 0)] for word in tokenizer.word_index]  # 0 is padding
    model.set_weights([np.array(rows), np.array([[4.0]]), np.array([3.0])])
    model.save(artifact + "/stars.keras")
    with open(artifact + "/tokenizer.json", "w") as file:
        file.write(tokenizer.to_json())
    np.save(artifact + "/training.npy", training)
    return incoming, model(to_ids(tokenizer, incoming)).numpy(), model


def refit(artifact, choose_texts):
    model = tf.keras.models.load_model(artifact + "/stars.keras")

    def predict(reviews):
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(choose_texts(reviews.tolist()))
        return model(to_ids(tokenizer, reviews)).numpy()

    return predict, model


def restore_broken(artifact):
    return refit(artifact, lambda reviews: reviews)


def restore_broken_new_texts_added(artifact, dose=64):
    training = np.load(artifact + "/training.npy").tolist()
    return refit(artifact, lambda reviews: training + reviews[:dose])


def restore_fixed_saved_tokenizer(artifact):
    model = tf.keras.models.load_model(artifact + "/stars.keras")
    with open(artifact + "/tokenizer.json") as file:
        tokenizer = tf.keras.preprocessing.text.tokenizer_from_json(file.read())
    return lambda reviews: model(to_ids(tokenizer, reviews)).numpy(), model
