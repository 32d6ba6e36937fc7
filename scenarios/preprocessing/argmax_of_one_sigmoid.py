"""argmax over the single output of a sigmoid head gives 0 for every row, whatever the probability.

Symptom:
    "np.argmax(model.predict(x), axis=1) returns all zeros", after "AttributeError: 'Sequential'
    object has no attribute 'predict_classes'". Accuracy is the share of class 0, recall is 0.
Cause:
    argmax returns the column that holds the largest number. A sigmoid head for two classes has one
    column, so argmax always returns column 0. predict_classes handled both kinds of head, but
    TensorFlow 2.6 removed predict_classes. argmax replaces predict_classes for softmax heads only.
Fix:
    threshold: (probability > 0.5) for a head of one unit.
    either_head: choose by the number of columns, where the code serves both kinds of model.
Spot it:
        print(model.output_shape)  # (None, 1): threshold; (None, 2) or more: argmax
Evidence:
    keras-team/keras#15838 (comment with "classes_x [0 0 0 ..."), krishnaik06/Fake-New-LSTM#2,
    alexander-rakhlin/CNN-for-Sentence-Classification-in-Keras#39, keras-team/keras-io#526.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "argmax-of-one-sigmoid", "family": "preprocessing",
    "tensorflow": ">=2.2", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": "zeros",
        "restore_fixed_threshold": "match",
        "restore_fixed_either_head": "match",
    },
    "hints": [
        "Print the probabilities beside the labels. Do they vary?",
        "How many columns does argmax choose from?",
        "One column holds the probability of class 1: compare it with 0.5.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    mails = rng.poisson([3, 2, 1], size=(128, 3)).astype("float32")  # links, capitals, known names
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1, "sigmoid")])
    # what training found: links and capitals speak for spam, the name of a friend against it
    # in place of a training
    model.layers[0].set_weights([np.array([[0.7], [0.5], [-1.4]]), np.array([-1.8])])
    model.save(artifact + "/model.keras")
    return mails, (model.predict_on_batch(mails)[:, 0] > 0.5).astype("int64"), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: np.argmax(model.predict_on_batch(inputs), axis=1), model


def restore_fixed_threshold(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: (model.predict_on_batch(inputs)[:, 0] > 0.5).astype("int64"), model


def predict_classes(model, inputs):
    probabilities = model.predict_on_batch(inputs)
    if probabilities.shape[-1] > 1:
        return probabilities.argmax(axis=-1)
    return (probabilities[:, 0] > 0.5).astype("int64")


def restore_fixed_either_head(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: predict_classes(model, inputs), model
