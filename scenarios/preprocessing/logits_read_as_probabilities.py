"""A model without a last activation returns logits, and the caller compares them with 0.5.

Symptom:
    "Keras model returns negative probabilities", or values above 1, after load_model. No error.
    Some positives are called negative, so that recall is lower than in the training log.
Cause:
    The model was trained with from_logits=True, and its last layer has no activation. The loss
    applied the sigmoid, and the saved model does not contain the loss. A logit of 0 is a
    probability of 0.5, so a logit of 0.5 is a probability of 0.62.
Fix:
    sigmoid: apply the sigmoid to the predictions; for several classes apply the softmax.
    threshold: compare the logits with 0 if only the class is needed.
Spot it:
    Probabilities lie between 0 and 1:
        print(model.predict(inputs).min(), model.predict(inputs).max())
Evidence:
    google-research/bert#765, google-research/bert#591 and tensorflow/tensorflow#41413.
    Measured with this file on 1.15, 2.4, 2.13, 2.15, 2.16, 2.18 and 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "logits-read-as-probabilities", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 4,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_sigmoid": "match",
        "restore_fixed_threshold": "match",
    },
    "hints": [
        "Print the raw predictions. Can a probability be smaller than 0?",
        "Which activation has the last layer, and which argument had the loss?",
        "The sigmoid of a logit is a probability: sigmoid(0) is 0.5.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    patients = rng.normal(size=(512, 3)).astype("float32")  # pressure, weight, age; z-scores
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    # what a training with from_logits=True arrives at: the log odds of the illness
    model.layers[-1].set_weights([np.array([[0.9], [-0.5], [0.3]]), np.array([-0.1])])
    model.save(artifact + "/model.h5")
    probability = 1 / (1 + np.exp(-model.predict_on_batch(patients)))
    return patients, (probability > 0.5).astype("float32"), model


def load(artifact, positive):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: np.array(positive(model.predict_on_batch(inputs)), "float32"), model


def restore_broken(artifact):
    return load(artifact, lambda answer: answer > 0.5)


def restore_fixed_sigmoid(artifact):
    return load(artifact, lambda answer: 1 / (1 + np.exp(-answer)) > 0.5)


def restore_fixed_threshold(artifact):
    return load(artifact, lambda answer: answer > 0)
