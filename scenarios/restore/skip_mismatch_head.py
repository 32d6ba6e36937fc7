"""With one tag more, skip_mismatch=True leaves the whole head untrained: the old tags are lost too.

Symptom:
    "A total of 1 objects could not be loaded" is only a warning, load_weights returns, and all
    scores are near 0.5 or make no sense. The scores of old tags are wrong too.
Cause:
    A layer is loaded as a whole or not at all. The head has one column for each tag: (16, 3) in the
    file, (16, 4) in the model. skip_mismatch=True turns the error into a warning and keeps the
    random initial head. The three columns of the file are not used.
Fix:
    copied_columns: build the old model, load strictly, and copy the columns that are still valid.
    Then train the new column. Without training no loading gives a head for a new tag.
Spot it:
    Leave skip_mismatch out once. The error names every layer that stays random.
Evidence:
    manishsoni1908/Mobilenet-ssd-keras#15 (all outputs alike), qqwweee/keras-yolo3#53,
    keras-team/keras#8462 (which brought the option, for training on). Keras 2 warns for
    .weights.h5, but for by_name with .h5 only in its log.
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21), and in 2.15 to 2.18 and
    2.20. One new tag costs as much as eight.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "skip-mismatch-head", "family": "restore",
    "tensorflow": ">=2.12", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_copied_columns": "match",
    },
    "dose": {"path": "restore_broken", "of": "tags added since training",
             "values": [0, 1, 2, 4, 8]},
    "hints": [
        "Read the warnings of load_weights: which layer is named?",
        "What shape has the head in the file, and which in the model? What does Keras do then?",
        "Three of the four columns are known. Load the old model, and copy them.",
    ],
}


def build_tagger(tags):
    return tf.keras.Sequential([
        tf.keras.Input((12,)),
        tf.keras.layers.Dense(16, activation="tanh", name="body"),
        tf.keras.layers.Dense(tags, activation="sigmoid", name="tags"),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    photos = rng.normal(size=(128, 12)).astype("float32")  # features of a photo
    beach_dog_night = photos @ rng.normal(size=(12, 3)) > 1  # true tags
    model = build_tagger(3)
    train(model, rng, photos, np.where(beach_dog_night, 4, -4))
    model.save_weights(artifact + "/tagger.weights.h5")
    return photos, model.predict_on_batch(photos)


def restore_broken(artifact, dose=1):
    model = build_tagger(3 + dose)
    model.load_weights(artifact + "/tagger.weights.h5", skip_mismatch=True)
    return lambda inputs: model.predict_on_batch(inputs)[:, :3]  # the tags that were known


def restore_fixed_copied_columns(artifact):
    old = build_tagger(3)
    old.load_weights(artifact + "/tagger.weights.h5")
    model = build_tagger(4)
    body, tags = model.layers
    body.set_weights(old.layers[0].get_weights())
    kernel, bias = tags.get_weights()
    kernel[:, :3], bias[:3] = old.layers[1].get_weights()
    tags.set_weights([kernel, bias])
    return lambda inputs: model.predict_on_batch(inputs)[:, :3]


def train(model, rng, inputs, logits):  # in place of fit: a random hidden layer, the best head
    kernel = rng.normal(0, 0.3, size=(12, 16))
    head = np.linalg.lstsq(np.tanh(inputs @ kernel), logits, rcond=None)[0]
    model.set_weights([kernel, np.zeros(16), head, np.zeros(3)])
