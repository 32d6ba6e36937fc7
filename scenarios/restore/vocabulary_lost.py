"""A weights file does not hold a TextVectorization layer's vocabulary: an error, or wrong words.

Symptom:
    "FailedPreconditionError: ... Table not initialized." when the restored model is called, for
    TextVectorization, StringLookup and IntegerLookup. Calling adapt() on the current texts removes
    the error but makes the predictions wrong.
Cause:
    The vocabulary is no weight. save_weights leaves the vocabulary out, as do get_config and, in
    Keras 3, .h5 files and clone_model. The lookup table of the rebuilt layer is empty. adapt()
    fills the table with other words, here in the order of their frequency. The ids that the
    embedding was trained with then stand for other words.
Fix:
    vocabulary: write layer.get_vocabulary() beside the weights, and pass it to the rebuilt layer.
    whole_model: save as .keras, which contains the vocabulary as an asset.
    How it differs from vocabulary-file-changed: no file holds the words, neither old nor new.
Spot it:
    layer.vocabulary_size() of the restored layer: 2, or not the number of rows of the embedding.
Evidence:
    tensorflow/tensorflow#56054 (StringLookup).
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "vocabulary-lost", "family": "restore",
    "tensorflow": ">=2.13", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": [{"verdict": "error", "raises": "Table not initialized"}],
        "restore_broken_adapted_again": "differs",
        "restore_fixed_vocabulary": "match",
        "restore_fixed_whole_model": "match",
    },
    "hints": [
        "The weights were loaded. What does the first layer need that is no weight?",
        "Compare get_vocabulary() before saving, after loading, and after adapting again.",
        "Row 7 of the embedding belongs to the 7th word. Which list says what that word is?",
    ],
}
WORDS = {"superb": 2.0, "tasty": 1.2, "fresh": 0.8, "friendly": 0.7, "the": 0.0, "soup": 0.0,
         "waiter": 0.0, "slow": -0.6, "cold": -1.0, "bland": -1.1, "rude": -1.5, "awful": -2.2}


def reviews(rng, count):
    words = np.array(list(WORDS))
    often = rng.dirichlet(np.ones(len(words)))  # each month has its favourite words
    return np.array([" ".join(rng.choice(words, 6, p=often)) for _ in range(count)])


def build(**options):
    return tf.keras.Sequential([
        tf.keras.Input((), dtype="string"),
        tf.keras.layers.TextVectorization(output_sequence_length=6, **options),
        tf.keras.layers.Embedding(len(WORDS) + 2, 1),  # and two for padding and unknown words
        tf.keras.layers.GlobalAveragePooling1D(),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = build()
    model.layers[0].adapt(np.append(reviews(rng, 256), " ".join(WORDS)))
    vocabulary = model.layers[0].get_vocabulary()
    stars = [[WORDS.get(word, 0.0)] for word in vocabulary]  # what training found out
    model.layers[1].set_weights([np.array(stars)])
    model.save_weights(artifact + "/trained.weights.h5")
    model.save(artifact + "/model.keras")
    with open(artifact + "/vocabulary.txt", "w") as text:
        text.write("\n".join(vocabulary[2:]))  # without the two that every layer adds itself
    texts = reviews(rng, 64)
    return texts, model(tf.constant(texts)).numpy()


def restore_broken(artifact, adapt_again=False, **options):
    model = build(**options)
    model.load_weights(artifact + "/trained.weights.h5")

    def predict(inputs):
        if adapt_again:
            model.layers[0].adapt(inputs)  # and the error is gone
        return model(tf.constant(inputs)).numpy()

    return predict


def restore_broken_adapted_again(artifact):
    return restore_broken(artifact, adapt_again=True)


def restore_fixed_vocabulary(artifact):
    with open(artifact + "/vocabulary.txt") as text:
        return restore_broken(artifact, vocabulary=text.read().split("\n"))


def restore_fixed_whole_model(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model(tf.constant(inputs)).numpy()
