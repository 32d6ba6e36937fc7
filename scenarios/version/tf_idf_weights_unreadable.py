"""Keras 3 saves a TextVectorization with tf_idf, and the same Keras then fails to load it.

Symptom:
    TypeError: object of type 'bool' has no len()
    within: ValueError: A total of 2 objects could not be loaded. The model was saved a second ago.
Cause:
    When Keras rebuilds such a layer, its table of idf weights does not exist yet. Keras passes the
    value False to a function that expects the weights. Keras repaired that in 2026. Every earlier
    Keras 3 has the fault. The file is right: it holds vocabulary and weights.
Fix:
    integers: save the layer with output_mode="int" and count the words yourself, as here.
    newer_keras: use Keras 3.15, which reads the same file without any change. Prefer this.
    How it differs from vocabulary-lost: the file holds everything, and loading fails.
Spot it:
        print([layer.get_config().get("output_mode") for layer in model.layers])
Evidence:
    keras-team/keras#22004 and the merged cure, #22330; read on 2026-11-26 as search excerpts.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tf-idf-weights-unreadable", "family": "version",
    "tensorflow": ">=2.16", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"keras": ">=3,<3.14", "verdict": "error",
             "raises": "object of type 'bool' has no len()"},
            {"verdict": "match"}],
        "restore_fixed_integers": "match",
    },
    "saves": {"restore_fixed_integers": "save_integers"},
    "hints": [
        "Read the last line of the message. Which object could not be loaded?",
        "Does the same layer load with output_mode='int'?",
        "tf-idf is the number of times a word occurs, times a weight of the word.",
    ],
}
WORDS = ["invoice", "offer", "meeting", "reminder", "holiday", "pizza", "server", "urgent"]


def save(artifact, seed, integers=False):
    rng = np.random.default_rng(seed)
    mails = np.array([" ".join(rng.choice(WORDS, 5)) for _ in range(32)])[:, None]
    weigh = tf.keras.layers.TextVectorization(output_mode="tf_idf")
    weigh.adapt(mails)
    score = tf.keras.layers.Dense(1)
    model = tf.keras.Sequential([tf.keras.Input((1,), dtype="string"), weigh, score])
    score.set_weights([rng.normal(size=score.kernel.shape), np.zeros(1)])  # for a training
    predictions = model(tf.constant(mails)).numpy()
    if integers:
        words = weigh.get_vocabulary()[1:]  # the first is [UNK]
        model = tf.keras.Sequential([
            tf.keras.Input((1,), dtype="string"),
            tf.keras.layers.TextVectorization(vocabulary=words)])
        one_each = weigh(tf.constant([["[UNK]"]] + [[word] for word in words])).numpy()
        np.savez(artifact + "/score.npz", idf=np.diagonal(one_each), kernel=score.kernel.numpy())
    model.save(artifact + "/model.keras")
    return mails, predictions, model


def save_integers(artifact, seed):
    return save(artifact, seed, integers=True)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda mails: model(tf.constant(mails)).numpy(), model


def restore_fixed_integers(artifact):  # save_integers saved the layer with "int"
    number = tf.keras.models.load_model(artifact + "/model.keras")
    score = np.load(artifact + "/score.npz")

    def predict(mails):
        ids = number(tf.constant(mails)).numpy()
        size = 1 + len(score["idf"])  # 0 stands for no word, 1 for an unknown one
        counts = np.stack([np.bincount(row, minlength=size) for row in ids])
        return (counts[:, 1:] * score["idf"]).astype("float32") @ score["kernel"]

    return predict, number
