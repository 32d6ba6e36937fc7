"""Words are looked up without the offset that the training data had: each id is another word.

Symptom:
    "100 % on the test data and like tossing a coin on my own sentences", with a model trained on
    keras.datasets.imdb. No error.
Cause:
    imdb.load_data() adds 3 to every word index, because 0 means padding, 1 start and 2 unknown.
    imdb.get_word_index() returns the indices without the 3. A sentence that is looked up in it
    gets the ids of other words.
Fix:
    offset: word_index[word] + 3, with 1 in front of the sentence and 2 for an unknown word.
Spot it:
    Turn a row of the training back into words. It must read as English:
        print([word for id in row for word, rank in word_index.items() if rank + 3 == id])
Evidence:
    keras-team/keras#7026 and keras-team/keras#16673 (named to us, not read by us). Measured with
    this file, which makes its own reviews, because imdb needs a download.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "index-offset-forgotten", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 5,
    "expect": {"restore_broken": "differs", "restore_fixed_offset": "match"},
    "hints": [
        "The model is right for rows of load_data(). How does your row come about?",
        "Compare your ids for a sentence with the ids that load_data() has for it.",
        "load_data() adds 3 to each index. get_word_index() does not.",
    ],
}
WORDS = ("the and a of to is it in this that film movie was great bad love boring fine dull best "
         "worst superb awful fun slow").split()
WORD_INDEX = {word: rank for rank, word in enumerate(WORDS, 1)}  # as get_word_index() returns it
LIKED, HATED = ("great", "love", "fine", "best", "superb", "fun"), ("bad", "boring", "dull",
                                                                   "worst", "awful", "slow")


def look_up(sentence):
    return [1] + [WORD_INDEX[word] + 3 for word in sentence.split()]


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    reviews = np.array([" ".join(rng.choice(WORDS, 12)) for _ in range(128)])
    model = tf.keras.Sequential([
        tf.keras.Input((None,)), tf.keras.layers.Embedding(len(WORDS) + 4, 1),
        tf.keras.layers.GlobalAveragePooling1D(), tf.keras.layers.Activation("sigmoid"),
    ])
    # what a training arrives at: +20 for a word of praise, -20 for a word of blame
    worth = np.zeros((len(WORDS) + 4, 1))
    for word in WORDS:
        worth[WORD_INDEX[word] + 3] = 20 * ((word in LIKED) - (word in HATED))
    model.set_weights([worth])
    model.save(artifact + "/model.h5")
    ids = np.array([look_up(review) for review in reviews])
    return reviews, model.predict_on_batch(ids), model


def restore_broken(artifact, look_up=lambda sentence: [WORD_INDEX[w] for w in sentence.split()]):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)

    def predict(inputs):
        return model.predict_on_batch(np.array([look_up(sentence) for sentence in inputs]))

    return predict, model


def restore_fixed_offset(artifact):
    return restore_broken(artifact, look_up)
