"""A Lambda calls a layer that the model does not track: the file lacks its weights.

Symptom:
    "Weights loaded without an error, predictions are different in every process." The model was
    right until it was saved. The file is smaller than the number of weights suggests.
Cause:
    The function of the Lambda uses a Dense layer from outside the function. Keras 3 collects the
    layers of a model from its graph, and does not look inside a Lambda. The Dense layer is
    therefore neither saved nor loaded nor trained, and build() gives the layer new random weights.
    Keras 2 rejects such a Lambda from TensorFlow 2.2 on ("The following Variables were created
    within a Lambda layer").
Fix:
    own_layer: call the layer itself, outside any Lambda, or write a layer class that owns it.
    How it differs from lambda-reads-global: weights are lost, not a number.
    For a file that exists there is no cure: the file lacks the weights.
Spot it:
        print(model.count_params())  # smaller than the sum that you expect
Evidence:
    keras-team/keras#9740 ("weight saving fails silently"); keras-team/keras-applications#168 (what
    is inside a Lambda is not trained).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "layer-inside-a-lambda", "family": "restore",
    "tensorflow": ">=2.16",  # in Keras 2 building is an error
    "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "differs", "restore_fixed_own_layer": "match"},
    "saves": {"restore_fixed_own_layer": "save_own_layer"},
    "hints": [
        "Restore twice, in two processes. Are the predictions equal?",
        "How many numbers should the model hold, and how many does count_params() count?",
        "Which layer is in no list of model.layers?",
    ],
}


def build(wrap=tf.keras.layers.Lambda):
    features = tf.keras.Input((3,))
    hidden = tf.keras.layers.Dense(4, activation="tanh", name="hidden")(features)
    head = tf.keras.layers.Dense(1, name="head")
    return tf.keras.Model(features, wrap(lambda rows: head(rows))(hidden)), head


def without_lambda(function):
    return function


def save(artifact, seed, wrap=tf.keras.layers.Lambda):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(64, 3)).astype("float32")
    model, head = build(wrap)
    model.get_layer("hidden").set_weights([rng.normal(size=(3, 4)), np.zeros(4)])
    head.set_weights([rng.normal(size=(4, 1)) + 1, np.array([5.0])])  # in place of a training
    model.save_weights(artifact + "/model.weights.h5")
    return features, model.predict_on_batch(features), model


def save_own_layer(artifact, seed):
    return save(artifact, seed, without_lambda)


def restore(artifact, wrap):
    model, _ = build(wrap)
    model.load_weights(artifact + "/model.weights.h5")
    return model.predict_on_batch, model


def restore_broken(artifact):
    return restore(artifact, tf.keras.layers.Lambda)


def restore_fixed_own_layer(artifact):  # save_own_layer saved the model without the Lambda
    return restore(artifact, without_lambda)
