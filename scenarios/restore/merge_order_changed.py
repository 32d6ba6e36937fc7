"""Rebuilt with Subtract()([b, a]) instead of ([a, b]), a model predicts the opposite.

Symptom:
    Right weights, wrong predictions: load_weights succeeds and get_weights() is equal to the saved
    weights, but the home team loses where it won. With Concatenate the results are wrong without a
    pattern.
Cause:
    A weights file holds the numbers of layers, not the connections between layers. Subtract and
    Concatenate have no weights, and their inputs have one shape, so no error is raised. The
    difference changes sign, or each kernel row multiplies another column.
Fix:
    order_of_training: connect as in training. The order of a merge is part of the model.
    whole_model: save the model, not the weights. A .keras file stores every connection.
Spot it:
    Print the connections in both programs and compare the order of the inputs of each merge. Name
    your layers first, because automatic names can be exchanged along with the layers.
        for layer in model.get_config()["layers"]:
            print(layer["name"], layer["inbound_nodes"])
Evidence:
    Measured with this file: both differ on 20 of 20 seeds with weights equal bit for bit
    (TensorFlow 2.21), and in 2.15 to 2.18 and 2.20.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "merge-order-changed", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken_subtract": "differs",
        "restore_broken_concatenate": "differs",
        "restore_fixed_order_of_training": "match",
        "restore_fixed_whole_model": "match",
    },
    "hints": [
        "The weights are equal bit for bit. What else makes a model?",
        "Compare model.to_json() of both programs, layer by layer, with 'inbound_nodes' in view.",
        "a - b is not b - a. For which layers does the order of the inputs count?",
    ],
}


def build_league(swap_subtract=False, swap_concatenate=False):
    home, away = tf.keras.Input((4,), name="home"), tf.keras.Input((4,), name="away")
    teams = [away, home] if swap_subtract else [home, away]
    difference = tf.keras.layers.Subtract()(teams)
    features = [home, difference] if swap_concatenate else [difference, home]
    features = tf.keras.layers.Concatenate()(features)
    goals = tf.keras.layers.Dense(1, name="goals")(features)
    return tf.keras.Model([home, away], goals)


def predict_with(model):
    return lambda inputs: model.predict_on_batch([inputs[:, :4], inputs[:, 4:]]), model


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    matches = rng.normal(size=(128, 8)).astype("float32")  # form of the home and the away team
    features = np.append(matches[:, :4] - matches[:, 4:], matches[:, :4], axis=1)
    goals = features @ rng.uniform(0.2, 0.6, size=(8, 1)) + rng.normal(0, 0.5, size=(128, 1))
    kernel = np.linalg.lstsq(features, goals, rcond=None)[0]
    model = build_league()
    model.set_weights([kernel, np.array([0.3])])  # in place of a training; home is worth 0.3
    model.save_weights(artifact + "/league.weights.h5")
    model.save(artifact + "/league.keras")
    predict, model = predict_with(model)
    return matches, predict(matches), model


def load(model, artifact):
    model.load_weights(artifact + "/league.weights.h5")
    return predict_with(model)


def restore_broken_subtract(artifact):
    return load(build_league(swap_subtract=True), artifact)


def restore_broken_concatenate(artifact):
    return load(build_league(swap_concatenate=True), artifact)


def restore_fixed_order_of_training(artifact):
    return load(build_league(), artifact)


def restore_fixed_whole_model(artifact):
    return predict_with(tf.keras.models.load_model(artifact + "/league.keras", compile=False))
