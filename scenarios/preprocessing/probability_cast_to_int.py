"""A probability is cast to an integer, which cuts off all that makes it more than zero.

Symptom:
    "Keras predictions all 0 after astype(int)", "binary classifier predicts only class 0". The
    probabilities are fine, 0.01 to 0.98; the labels made of them are all 0.
Cause:
    astype("int32") does not round, it cuts off: 0.98 becomes 0. The same happens without a cast in
    sight when probabilities are written into an array of integers: numpy casts in silence.
Fix:
    threshold: compare with a threshold that you chose, and make integers of the answer. np.round
    works for 0.5 and no other threshold. Keep the probabilities: they say how sure the model is.
Spot it:
    Look at the number before it is cast, and at the dtype of the array that it goes to:
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
