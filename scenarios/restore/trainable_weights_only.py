"""Only the trainable weights are saved, so BatchNormalization is restored without its statistics.

Symptom:
    "Output is always constant", or far from what training showed, after weights were restored from
    an .npz or from tf.train.Saver(tf.trainable_variables()). No error. Every trainable weight is
    equal.
Cause:
    BatchNormalization's moving mean and moving variance are weights without a gradient. A list of
    the trainable weights leaves both out. The rebuilt layer has mean 0 and variance 1, so the next
    layer gets raw columns instead of scaled columns.
Fix:
    all_weights: save model.get_weights(), or the whole model.
    recomputed: for a file that exists. Compute mean and variance from training data again.
Spot it:
        print(len(model.weights), len(model.trainable_weights))  # the difference was not saved
Evidence:
    tensorflow/skflow#117 and tinghuiz/SfMLearner#17 (a Saver over the trainable variables),
    tensorflow/tensorflow#23630 (the symptom). Measured with this file.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "trainable-weights-only", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_all_weights": "match",
        "restore_fixed_recomputed": "match",
    },
    "hints": [
        "Every saved weight is back. How many arrays has the file, and how many has the model?",
        "Count model.weights and model.trainable_weights.",
        "Which two weights of BatchNormalization does no gradient train?",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    machines = rng.normal([70, 1500, 4], [6, 200, 1], size=(512, 3)).astype("float32")  # raw units
    model = build()
    mean, variance = machines.mean(axis=0), machines.var(axis=0)
    # what a long training arrives at: settled statistics, and a head for scaled columns
    model.layers[0].set_weights([np.ones(3), np.zeros(3), mean, variance])
    # in place of a training
    model.layers[1].set_weights([rng.normal(size=(3, 1)), np.array([5.0])])
    np.savez(artifact + "/trainable.npz", *[weight.numpy() for weight in model.trainable_weights])
    np.savez(artifact + "/all.npz", *model.get_weights())
    np.save(artifact + "/training.npy", machines)
    return machines, model.predict_on_batch(machines), model


def read(file):
    with np.load(file) as arrays:
        return [arrays["arr_%d" % number] for number in range(len(arrays.files))]


def restore_broken(artifact):
    model = build()
    for weight, value in zip(model.trainable_weights, read(artifact + "/trainable.npz")):
        weight.assign(value)
    return model.predict_on_batch, model


def restore_fixed_all_weights(artifact):
    model = build()
    model.set_weights(read(artifact + "/all.npz"))
    return model.predict_on_batch, model


def restore_fixed_recomputed(artifact):
    predict, model = restore_broken(artifact)
    training = np.load(artifact + "/training.npy")
    model.layers[0].moving_mean.assign(training.mean(axis=0))
    model.layers[0].moving_variance.assign(training.var(axis=0))
    return predict, model
