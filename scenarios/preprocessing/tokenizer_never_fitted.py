"""A new Tokenizer has no words: each text becomes pure padding, and the LSTM returns zeros.

Symptom:
    "Keras LSTM outputs all zeros after load_model", "same prediction for every sentence". No error,
    no warning; the weights are all there.
Cause:
    The service makes a new Tokenizer() and neither fits nor loads it. texts_to_sequences leaves out
    unknown words, here all words, and pad_sequences fills up with 0. With mask_zero=True each step
    is masked, the LSTM stays in its initial state, zero, and a head without bias turns zero into
    zero. A head with bias gives every text the same number. A vocabulary file that is empty, or in
    another language, has the same effect.
Fix:
    saved_tokenizer: write tokenizer.to_json() beside the model, and read it with
    tokenizer_from_json.
    New models: use TextVectorization or StringLookup inside the model, which the model file
    contains.
    How it differs from tokenizer-refitted: no word is known, so all texts give one prediction.
Spot it:
        print(len(tokenizer.word_index), (ids == 0).mean())  # healthy: thousands, and well below 1
    With Tokenizer(oov_token="?") the mistake is an error: "int() argument must be ... not
    'NoneType'".
Evidence:
    Hvass-Labs/TensorFlow-Tutorials#103 (one prediction for all texts).
    Measured with this file: zeros on 20 of 20 seeds (TensorFlow 2.21; seed 0 in 2.15, 2.16,
    2.18, 2.20 and tf_keras as well).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tokenizer-never-fitted", "family": "preprocessing",
    "tensorflow": ">=2.9", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "zeros",
        "restore_fixed_saved_tokenizer": "match",
    },
    "hints": [
        "The weights are equal. For which input does an LSTM with a mask return zeros?",
        "Print the numbers that enter the model, and tokenizer.word_index.",
        "tokenizer.json holds the words and numbers of the training.",
    ],
}

TOPICS = {  # articles of a help desk, and words of those who look for them
    "password": ["password", "login", "forgot", "reset", "locked"],
    "invoice": ["invoice", "bill", "paid", "card", "refund"],
    "delivery": ["parcel", "delivery", "late", "address", "courier"],
}
Tokenizer = tf.keras.preprocessing.text.Tokenizer


def ask(rng, count):
    topics, questions = rng.integers(len(TOPICS), size=count), []
    for topic in topics:
        words = rng.permutation(list(TOPICS.values())[topic])
        questions.append(" ".join(words[:rng.integers(2, 6)]))
    return np.array(questions), np.eye(len(TOPICS))[topics]


def to_ids(tokenizer, questions):
    return tf.keras.utils.pad_sequences(tokenizer.texts_to_sequences(list(questions)), maxlen=6)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    questions, relevance = ask(rng, 128)
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(questions)
    model = tf.keras.Sequential([  # scores each article; the best are shown
        tf.keras.Input((6,)),
        tf.keras.layers.Embedding(len(tokenizer.word_index) + 1, 8, mask_zero=True),
        tf.keras.layers.LSTM(12),
        tf.keras.layers.Dense(len(TOPICS), use_bias=False),
    ])
    train(model, rng, to_ids(tokenizer, questions), relevance)
    model.save(artifact + "/search.keras")
    with open(artifact + "/tokenizer.json", "w") as file:
        file.write(tokenizer.to_json())
    questions, _ = ask(rng, 32)
    return questions, model(to_ids(tokenizer, questions)).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/search.keras")
    tokenizer = Tokenizer()
    return lambda questions: model(to_ids(tokenizer, questions)).numpy(), model


def restore_fixed_saved_tokenizer(artifact):
    model = tf.keras.models.load_model(artifact + "/search.keras")
    with open(artifact + "/tokenizer.json") as file:
        tokenizer = tf.keras.preprocessing.text.tokenizer_from_json(file.read())
    return lambda questions: model(to_ids(tokenizer, questions)).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: a random LSTM, the best head over it
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    model.layers[-1].set_weights([np.linalg.lstsq(features, targets, rcond=None)[0]])
