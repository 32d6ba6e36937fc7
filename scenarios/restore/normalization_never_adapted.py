"""A Normalization layer without a call of adapt() passes its inputs through unchanged.

Symptom:
    "Normalization layer does nothing", "predictions are far too large after I rebuilt the
    preprocessing". No error, although the layer looks the same in both programs.
Cause:
    adapt() computes mean and variance, fit does not. Training adapted a layer in the input pipeline
    and saved only the network. The program that predicts makes the layer anew, with the initial
    mean 0 and variance 1. The restored model cannot detect that.
Fix:
    statistics: save mean and variance beside the model and pass both to the new layer, which then
    needs no adapt(). Never adapt on the batch to be predicted: that batch has other statistics.
    inside: put the adapted layer in front of the network and save both as one model. Prefer this.
    How it differs from normalization-h5-not-finalised: no file holds the mean.
Spot it:
    Before adapt(), layer(x) equals x, and the layer holds zeros and ones:
        print(layer.mean, layer.variance)  # zeros and ones
Evidence:
    keras-team/keras#16296 ("does not normalize inputs"), ageron/handson-ml3#198.
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "normalization-never-adapted", "family": "restore",
    "tensorflow": ">=2.8", "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_statistics": "match",
        "restore_fixed_inside": "match",
    },
    "hints": [
        "The network's weights are right. What does the layer in front of it return?",
        "Print the layer's mean and variance in both programs. Who sets them, and when?",
        "adapt() needs training data, which is not there. What could save have written instead?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    flats = rng.normal([75, 2.8, 1968], [22, 0.9, 25], size=(128, 3)).astype("float32")  # m2, rooms
    normalization = tf.keras.layers.Normalization()
    normalization.adapt(flats)
    scaled = normalization(flats).numpy()
    rent = 900 + 310 * scaled[:, :1] + 40 * scaled[:, 1:2] + 95 * np.abs(scaled[:, 2:])  # euros
    network = tf.keras.Sequential([
        tf.keras.Input((3,)),
        tf.keras.layers.Dense(12, activation="relu"),
        tf.keras.layers.Dense(1),
    ])
    train(network, rng, scaled, rent)
    network.save(artifact + "/network.keras")
    np.savez(artifact + "/statistics.npz", mean=flats.mean(axis=0), variance=flats.var(axis=0))
    model = tf.keras.Sequential([tf.keras.Input((3,)), normalization, network])
    model.save(artifact + "/model.keras")
    return flats, network(scaled).numpy()


def predict_with(normalization, network):
    return lambda inputs: network(normalization(inputs)).numpy()


def restore_broken(artifact):
    normalization = tf.keras.layers.Normalization()  # the same line as in the training program
    network = tf.keras.models.load_model(artifact + "/network.keras")
    return predict_with(normalization, network)


def restore_fixed_statistics(artifact):
    saved = np.load(artifact + "/statistics.npz")
    normalization = tf.keras.layers.Normalization(mean=saved["mean"], variance=saved["variance"])
    return predict_with(normalization, tf.keras.models.load_model(artifact + "/network.keras"))


def restore_fixed_inside(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model(inputs).numpy()


def train(network, rng, inputs, targets):  # in place of fit: a random hidden layer, the best head
    hidden, head = network.layers
    hidden.set_weights([rng.normal(size=(3, 12)), rng.normal(size=12)])
    features = np.column_stack([hidden(inputs), np.ones(len(inputs))])
    weights = np.linalg.lstsq(features, targets, rcond=None)[0]
    head.set_weights([weights[:-1], weights[-1]])
