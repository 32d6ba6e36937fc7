"""In TensorFlow 2.3 evaluate() gives a false accuracy after load_model; predict() is right.

Symptom:
    "Accuracy drops to chance after loading a saved model". Loss and predictions are the same as
    before. Only the metric fell, here from 100% to about a third. Weights seem to be lost.
Cause:
    compile(metrics=["accuracy"]) chooses binary, categorical or sparse accuracy by the shape of the
    targets. load_model in 2.3 does not choose again. It takes categorical_accuracy, which compares
    the predicted class with argmax of the label, and argmax of one number is always class 0. The
    metric therefore counts how often the model predicts class 0. The model is healthy.
Fix:
    recompiled: call compile() again with the full name, "sparse_categorical_accuracy", or use that
    name from the start. Or count: np.mean(predict(x).argmax(axis=1) == labels). TensorFlow 2.4
    repaired load_model.
Spot it:
        np.mean(model.predict(x).argmax(axis=1) == labels), model.evaluate(x, labels)[1]  # differ
Evidence:
    tensorflow/tensorflow#42045, tensorflow/tensorflow#42890, tensorflow/tensorflow#42459. Measured
    with this file in 2.3.2: .h5 and SavedModel alike. 2.4.1 gives the right accuracy.
"""
import warnings

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "evaluate-metric-lies",
    "family": "restore",
    "tensorflow": ">=2.3,<2.4",
    "seed": 0,
    "alarm": "accuracy fell from 100% to",
    "expect": {"restore_healthy": "match", "restore_fixed_recompiled": "match"},
    "minutes": 6,
    "hints": [
        "The loss did not move. Can the weights be lost, then?",
        "Count by hand how many predicted classes equal the labels.",
        "Which accuracy is it? Look at the metric functions of the loaded model: "
        "[metric._fn for metric in model.metrics[1:]] after an evaluate().",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    petals = rng.normal(size=(120, 4)).astype("float32")
    species = petals[:, :3].argmax(axis=1)  # integer labels: 0, 1, 2
    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(3, "softmax")])
    model.set_weights([3 * np.eye(4, 3), np.zeros(3)])  # what training arrives at
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], run_eagerly=True)
    model.evaluate(petals, species, verbose=0)
    model.save(artifact + "/model.h5")
    np.save(artifact + "/species.npy", species)
    return petals, model(petals).numpy(), model


def warn_if_it_fell(model, petals, species):  # a smoke test after deployment
    accuracy = model.evaluate(petals, species, verbose=0)[1]
    if accuracy < 0.99:
        warnings.warn("accuracy fell from 100% to {:.0%} after load_model".format(accuracy))


def restore_healthy(artifact, metric=None):
    model = tf.keras.models.load_model(artifact + "/model.h5")
    if metric:
        model.compile("adam", "sparse_categorical_crossentropy", [metric])
    species = np.load(artifact + "/species.npy")

    def predict(petals):
        warn_if_it_fell(model, petals, species[:len(petals)])
        return model(petals).numpy()

    return predict, model


def restore_fixed_recompiled(artifact):
    return restore_healthy(artifact, "sparse_categorical_accuracy")
