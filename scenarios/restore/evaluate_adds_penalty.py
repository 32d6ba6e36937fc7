"""evaluate() of a restored model reports at least twice the predictions' error: it adds a penalty.

Symptom:
    "model.evaluate gives a different loss than the MSE I compute from model.predict" after
    load_model, so one of the two must be broken. The predictions are the same as before.
Cause:
    evaluate() reports the loss that training minimises: mean squared error plus the L2 penalty of
    every regularised layer. The file stores the regularizer, so the restored model adds the penalty
    too. predict() adds no penalty.
Fix:
    compile(..., metrics=["mse"]) and read that metric, or subtract sum(model.losses).
    Compare evaluate() before saving with evaluate() after loading.
Spot it:
    The difference equals the penalty, to the last digit, and does not depend on the data:
        sum(model.losses)
    Another difference has another cause: dropout or batch statistics in training mode, another
    weighting, or the wrong metric under the name "accuracy" (TensorFlow 2.3:
    tensorflow/tensorflow#42045).
Evidence:
    keras-team/keras#8242, keras-team/keras#6518 (answered: the loss includes the penalty).
    Measured with this file, 20 seeds: evaluate() reports 0.61 to 1.21 where the predictions have
    0.24 to 0.36; the gap is sum(model.losses) to 1e-7; predictions match (TensorFlow 2.21).
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "evaluate-adds-penalty",
    "family": "restore",
    "tensorflow": ">=2.3",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "evaluate() reports",
    "minutes": 6,
    "hints": [
        "What did training minimise: the error alone?",
        "Compute the gap between the two numbers, for this data and for other data.",
        "Compare the gap with sum(model.losses).",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    plots = rng.normal(size=(256, 6))  # standardised properties of 256 fields
    harvest = plots @ rng.uniform(0.5, 1.5, size=(6, 1)) + 5 + rng.normal(0, 0.5, (256, 1))  # t/ha
    model = tf.keras.Sequential([
        tf.keras.Input((6,)),
        tf.keras.layers.Dense(1, kernel_regularizer=tf.keras.regularizers.L2(0.1)),
    ])
    model.compile("sgd", tf.keras.losses.MeanSquaredError(), run_eagerly=True)
    train(model, plots, harvest)
    model.save(artifact + "/model.keras")
    np.savez(artifact + "/fields.npz", plots=plots, harvest=harvest)
    inputs = plots[:64].astype("float32")
    return inputs, model.predict_on_batch(inputs), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    fields = np.load(artifact + "/fields.npz")
    plots, harvest = fields["plots"].astype("float32"), fields["harvest"].astype("float32")
    own = np.mean((model.predict_on_batch(plots) - harvest) ** 2)
    reported = model.test_on_batch(plots, harvest)  # evaluate() on one batch
    if reported > 1.2 * own:
        warnings.warn("evaluate() reports %.2f, the predictions have %.2f" % (reported, own))
    if abs(reported - own - sum(float(penalty) for penalty in model.losses)) > 1e-3:
        raise ValueError("the gap is not the penalty")
    return model.predict_on_batch, model


def train(model, plots, harvest):  # in place of fit: ridge regression, the minimum of this loss
    centred, mean = plots - plots.mean(axis=0), harvest.mean(axis=0)
    kernel = np.linalg.solve(centred.T @ centred / 256 + 0.1 * np.eye(6),
                             centred.T @ (harvest - mean) / 256)
    model.set_weights([kernel, mean - plots.mean(axis=0) @ kernel])
