"""texts_to_sequences gets a string instead of a list of one, and treats each letter as a text.

Symptom:
    "Keras predict returns 31 rows for one sentence", "texts_to_sequences returns empty lists", or
    the same probability for every message although the model was good.
Cause:
    texts_to_sequences expects a list of texts. A Python string is a sequence of letters, so "win a
    prize" counts as eleven texts of one letter. Few letters are words of the vocabulary (a, I).
    Every other letter gives an empty sequence, which padding fills with zeros. The model then
    scores an empty message, once for each letter. scores[0], right for a batch of one, is then
    always the score of the empty message.
Fix:
    list_of_one: texts_to_sequences([message]), or all messages at once, which is also faster.
Spot it:
        print(len(tokenizer.texts_to_sequences(texts)), len(texts))  # must be the number of texts
Evidence:
    keras-team/keras-preprocessing#27, keras-team/keras#10768.
    Measured with this file: as declared on 20 of 20 seeds, 0.378 for all messages (2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "text-string-not-list", "family": "preprocessing",
    "tensorflow": ">=2.9", "seed": 0, "minutes": 10,
    "expect": {
        "restore_broken": "constant",
        "restore_broken_all_rows": "shape",
        "restore_fixed_list_of_one": "match",
    },
    "hints": [
        "The weights are equal. How many rows does the model return for one message?",
        "Print tokenizer.texts_to_sequences(message). How long is it?",
        "for text in 'win a prize': what is text, the first time round?",
    ],
}

HARMLESS = "see you at home tonight call me later thanks lunch tomorrow train is late".split()
SPAM = "win prize free cash claim urgent offer loan winner bonus".split()
LENGTH = 8


def write_messages(rng, count):
    messages = []
    for _ in range(count):
        words = rng.choice(HARMLESS, 6).tolist() + rng.choice(SPAM, 6).tolist()
        spam = rng.integers(0, 6)
        messages.append(" ".join(words[:6 - spam] + words[6:6 + spam]))
    return messages


def pad(sequences):
    return tf.keras.utils.pad_sequences(sequences, maxlen=LENGTH)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    tokenizer = tf.keras.preprocessing.text.Tokenizer()
    tokenizer.fit_on_texts(write_messages(rng, 300))
    model = tf.keras.Sequential([
        tf.keras.Input((LENGTH,)),
        tf.keras.layers.Embedding(len(tokenizer.word_index) + 1, 1),
        tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    # in place of a training: each word's row says how much it speaks for spam
    rows = np.zeros((len(tokenizer.word_index) + 1, 1))
    for word, number in tokenizer.word_index.items():
        rows[number] = rng.normal(1 if word in SPAM else -1, 0.2)
    model.set_weights([rows, np.array([[6.0]]), np.array([-0.5])])
    model.save(artifact + "/spam.keras")
    with open(artifact + "/tokenizer.json", "w") as file:
        file.write(tokenizer.to_json())
    messages = write_messages(rng, 20)
    return np.array(messages), model(pad(tokenizer.texts_to_sequences(messages))).numpy(), model


def load(artifact):
    with open(artifact + "/tokenizer.json") as file:
        tokenizer = tf.keras.preprocessing.text.tokenizer_from_json(file.read())
    return tf.keras.models.load_model(artifact + "/spam.keras"), tokenizer.texts_to_sequences


def restore_broken(artifact):
    model, to_sequences = load(artifact)
    return lambda messages: np.stack(
        [model(pad(to_sequences(message))).numpy()[0] for message in messages])


def restore_broken_all_rows(artifact):
    model, to_sequences = load(artifact)
    return lambda messages: np.concatenate(
        [model(pad(to_sequences(message))).numpy() for message in messages])


def restore_fixed_list_of_one(artifact):
    model, to_sequences = load(artifact)
    return lambda messages: np.stack(
        [model(pad(to_sequences([message]))).numpy()[0] for message in messages])
