"""A head of one unit is rebuilt with softmax instead of sigmoid and predicts 1.0 for every row.

Symptom:
    "Keras model always predicts 1", "Dense(1, activation='softmax') output is always 1.0". The
    weights were loaded without an error, and get_weights() is equal before and after.
Cause:
    Only the weights were saved, and the server's code defines the architecture a second time.
    Softmax makes the outputs of a row add up to 1, so a single output is always 1. An activation
    has no weights, so load_weights cannot detect another activation.
Fix:
    sigmoid: rebuild the head with its sigmoid. A sigmoid is the softmax of two classes in one unit.
    Better: save the whole model (model.save), which stores the activation.
Spot it:
        print(model.layers[-1].units, model.layers[-1].activation.__name__)  # 1 softmax: always 1.0
    Keras 3 warns, once: "The softmax operation will always return the value 1".
Evidence:
    keras-team/keras#500 ("Softmax on an array of size 1 is always 1"), keras-team/keras#1261.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "softmax-over-one-unit", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 5,
    "expect": {"restore_broken": "constant", "restore_fixed_sigmoid": "match"},
    "hints": [
        "All weights are equal. What does a layer compute beside its weights?",
        "Print each layer's activation, here and where the model was trained.",
        "Of how many numbers does softmax make a row that adds up to 1?",
    ],
}


def build_model(head_activation):
    return tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.Dense(8, activation="relu"),
        tf.keras.layers.Dense(1, activation=head_activation),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    blood = rng.normal(size=(128, 4)).astype("float32")  # four values of a blood test, as z-scores
    model = build_model("sigmoid")
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    model.save_weights(artifact + "/model.weights.h5")  # weights as training may leave them
    return blood, model.predict_on_batch(blood), model


def restore_broken(artifact):
    model = build_model("softmax")  # "it is a classifier"
    model.load_weights(artifact + "/model.weights.h5")
    return model.predict_on_batch, model


def restore_fixed_sigmoid(artifact):
    model = build_model("sigmoid")
    model.load_weights(artifact + "/model.weights.h5")
    return model.predict_on_batch, model
