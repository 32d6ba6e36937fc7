"""BatchNormalization predicts with moving averages that a short training has not settled.

Symptom:
    "Training accuracy is high, and the saved model predicts one class for everything." All outputs
    of the restored model are exactly 0 or 1. Loading is not the cause: predict is equally wrong
    before saving.
Cause:
    In training, BatchNormalization uses the mean and variance of each batch. In predict the layer
    uses moving averages that begin at mean 0 and variance 1. After n steps at momentum 0.99 the
    averages still contain 0.99**n of that beginning: after 60 steps more than half. Raw columns
    around 40 are far from mean 0.
Fix:
    settled: pass training data through the model with training=True and no gradient step, until
    the averages have settled. Save the model again.
    When training again: more steps, a lower momentum, or scaled inputs.
Spot it:
    Compare the moving mean with the mean of the layer's inputs:
        print(layer.moving_mean.numpy(), batch.mean(axis=0))
Evidence:
    keras-team/keras#6014, keras-team/keras#7265, keras-team/keras#8837. Measured with this file.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "moving-statistics-not-settled", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "constant", "restore_fixed_settled": "match"},
    "hints": [
        "Compare model(x, training=True) with model(x, training=False).",
        "Which mean does BatchNormalization subtract in predict? Print it.",
        "The averages move by one part in a hundred with each step. How many steps were there?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    ill = rng.integers(0, 2, size=(640, 1)).astype("float32")
    blood = (40 + rng.normal(0, 2, size=(640, 4)) + 8 * ill).astype("float32")  # raw units
    model = tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.BatchNormalization(momentum=0.99),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    # what a training arrives at: the weights are right for columns of mean 0 and variance 1
    model.layers[-1].set_weights([np.full((4, 1), 3.0), np.zeros(1)])
    for step in range(60):
        model(blood[step % 10 * 64:][:64], training=True)
    model.save(artifact + "/model.h5")
    np.save(artifact + "/training.npy", blood)
    seen_in_training = model(blood, training=True).numpy()
    return blood, (seen_in_training > 0.5).astype("float32"), None


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: np.float32(np.array(model.predict_on_batch(inputs)) > 0.5), model


def restore_fixed_settled(artifact):
    predict, model = restore_broken(artifact)
    training = np.load(artifact + "/training.npy")
    step = tf.function(lambda: model(training, training=True))  # compiled, since it runs often
    for _ in range(1000):
        step()
    return predict, model
