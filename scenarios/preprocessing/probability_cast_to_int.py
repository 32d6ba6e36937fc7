"""A probability is cast to an integer, and the cast cuts off everything after the decimal point.

Symptom:
    "Keras predictions all 0 after astype(int)", "binary classifier predicts only class 0". The
    probabilities are fine, 0.01 to 0.98. The labels made from the probabilities are all 0.
Cause:
    astype("int32") does not round. It cuts the fraction off, so 0.98 becomes 0. The same happens
    without a visible cast when probabilities are written into an array of integers, because numpy
    casts without a warning.
Fix:
    threshold: compare with a threshold that you chose, and cast the result to integers. np.round
    works for the threshold 0.5 only. Keep the probabilities, because they say how certain the model
    is.
Spot it:
    Print the probability before the cast, and the dtype of the array that receives it:
        print(model.predict_on_batch(inputs).max(), labels.max(), labels.dtype)
Evidence:
    rasbt/mlxtend#743 (np.zeros(..., dtype=np.int) cuts predictions off),
    jjrob13/sklearn_cotraining#4 (predict_proba "always returns zero").
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "probability-cast-to-int", "family": "preprocessing",
    "tensorflow": ">=2.2", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": "zeros",
        "restore_broken_array_of_integers": "zeros",
        "restore_fixed_threshold": "match",
    },
    "dose": {"path": "restore_broken", "of": "added before the cast (0 cuts off, 0.5 rounds)",
             "values": [0, 0.1, 0.25, 0.5, 0.75, 1]},
    "hints": [
        "Print what the model itself predicts, then what the function returns.",
        "What is int(0.98)?",
        "Decide with a comparison. Its answer can be cast to integers without loss.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    apples = rng.normal([4, 80], [2, 15], size=(128, 2)).astype("float32")  # brown spots, mm
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1, "sigmoid")])
    # what training found: with each brown spot, and each millimetre less, an apple is sooner bad
    # in place of a training
    model.layers[0].set_weights([np.array([[0.8], [-0.05]]), np.array([0.6])])
    model.save(artifact + "/model.keras")
    return apples, (model.predict_on_batch(apples)[:, 0] > 0.5).astype("int32"), model


def restore_broken(artifact, dose=0):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: (model.predict_on_batch(inputs)[:, 0] + dose).astype("int32"), model


def restore_broken_array_of_integers(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(inputs):
        labels = np.zeros(len(inputs), dtype="int32")
        for start in range(0, len(inputs), 32):
            labels[start:start + 32] = model.predict_on_batch(inputs[start:start + 32])[:, 0]
        return labels

    return predict, model


def restore_fixed_threshold(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: (model.predict_on_batch(inputs)[:, 0] > 0.5).astype("int32"), model
