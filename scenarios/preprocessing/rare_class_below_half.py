"""Every label of a restored classifier is 0, and correctly so: no probability reaches 0.5.

Symptom:
    "Keras classifier predicts all zeros for imbalanced data after loading", "(p > 0.5).sum() is 0".
    A smoke test on the labels raises an alarm, and the restore looks broken. The restore is right.
Cause:
    Two loans in a hundred fail and the columns tell little, so a correct probability stays far
    below 0.5: the riskiest loan here has 0.10. Labels at the threshold 0.5 are all 0, before saving
    and after loading. The probabilities vary, from 0.003 up, and are equal after loading: nothing
    was lost.
Fix:
    The restore needs no repair. Choose the threshold for labels by the cost of each mistake (say, a
    person looks at the riskiest 5 %), on validation data, and not 0.5 by habit.
Spot it:
    Look at the probabilities, never at labels alone. Healthy probabilities differ between rows:
        print(probabilities.min(), probabilities.mean(), probabilities.max())
Evidence:
    Measured with this file: matches on 20 of 20 seeds, largest probability 0.14 (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "rare-class-below-half", "family": "preprocessing",
    "tensorflow": ">=2.2", "seed": 0, "minutes": 5,
    "expect": {"restore_healthy": "match"},
    "alarm": "every loan is labelled 0",
    "hints": [
        "Print the probabilities from which the labels are made. Are they all equal?",
        "What did the model predict for the same rows before it was saved?",
        "How large can an honest probability get, if two loans in a hundred fail?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    loans = rng.normal(size=(256, 3)).astype("float32")  # income, debt, years of work, as z-scores
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1, "sigmoid")])
    # what training found: two loans in a hundred fail, a little more often with debt
    # in place of a training
    model.layers[0].set_weights([np.array([[-0.3], [0.5], [-0.2]]), np.array([-4.0])])
    model.save(artifact + "/model.keras")
    return loans, model.predict_on_batch(loans), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")

    def predict(inputs):
        probabilities = model.predict_on_batch(inputs)
        if not (probabilities > 0.5).any():  # the smoke test after a deployment
            warnings.warn("every loan is labelled 0: is the model restored?")
        return probabilities

    return predict, model
