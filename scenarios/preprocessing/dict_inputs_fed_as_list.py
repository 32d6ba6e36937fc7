"""A model with named inputs gets a list, and Keras assigns the list in alphabetical order.

Symptom:
    "Keras multiple inputs wrong order": predictions have the wrong sign or size, no error. Newer
    Keras: "ValueError: The structure of `inputs` doesn't match the expected structure".
Cause:
    The model was built from a dict, {"revenue": ..., "cost": ...}. Keras flattens a dict by sorted
    key, so inside the model cost comes first. Keras pairs a list with that order, so revenue goes
    to the input of cost. Both inputs have the same shape, so no error is raised.
Fix:
    by_name: feed a dict with the names of the inputs, as in training.
    Or build the model from a list of inputs. Then lists keep their order, and dicts work too.
Spot it:
    Keras pairs a list with the inputs in this order. Your list must have the same order:
        print([tensor.name for tensor in model.inputs])
Evidence:
    keras-team/keras#20613 made it an error in Keras 3.8, unless the names are in sorted order.
    Silent before (Keras 3: a UserWarning). Measured with this file: error with Keras
    3.10, 3.11 and 3.15; differs with Keras 3.0, 3.4, 3.6, tf_keras 2.21 and TensorFlow 2.15.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "dict-inputs-fed-as-list", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [
            {"keras": ">=3.8", "verdict": "error", "why": "It is an error where order matters.",
             "raises": "The structure of `inputs` doesn't match the expected structure"},
            {"verdict": "differs"}],
        "restore_fixed_by_name": "match",
    },
    "hints": [
        "Swap the two inputs by hand. Are the predictions right then?",
        "Print the names of model.inputs, in their order.",
        "A dict says which array is which. A list is assigned in alphabetical order.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    revenue = tf.keras.Input((1,), name="revenue")  # million euros, as is the cost
    cost = tf.keras.Input((1,), name="cost")
    both = tf.keras.layers.Concatenate()([revenue, cost])
    tax = tf.keras.layers.Dense(1)
    model = tf.keras.Model({"revenue": revenue, "cost": cost}, tax(both))
    tax.set_weights([np.array([[0.24], [-0.22]]), np.array([0.1])])  # what training found
    model.save(artifact + "/model.keras")
    books = rng.uniform([5, 2], [9, 6], size=(64, 2)).astype("float32")  # revenue, cost
    named = {"revenue": books[:, :1], "cost": books[:, 1:]}
    return books, model.predict_on_batch(named), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda books: model.predict_on_batch([books[:, :1], books[:, 1:]]), model


def restore_fixed_by_name(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(books):
        return model.predict_on_batch({"revenue": books[:, :1], "cost": books[:, 1:]})

    return predict, model
