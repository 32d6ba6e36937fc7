"""A model's heads are listed in another order, and each head gets another head's weights.

Symptom:
    "Outputs swapped after load_weights": temperature comes out as humidity. No error. The layers
    have their old names, but get_layer("humidity") holds the weights of the temperature.
Cause:
    .weights.h5 does not store layer names. The file stores layers by class and position: dense,
    dense_1, dense_2, in the order of model.layers. Sorting the list of outputs changes that order,
    and no error is raised, because both heads have one shape. (.h5 without by_name also goes by
    position.)
Fix:
    old_order: build the model in its old order, and reorder its outputs.
    by_name: a legacy .h5 stores names, and by_name=True uses them.
    Or give the outputs as a dict, {"temperature": ...}. The order of a dict in the code does not
    count.
    How it differs from outputs-sorted-by-name: the weights are exchanged, not only the outputs.
Spot it:
        print([layer.name for layer in model.layers])  # when saving and loading: the same list?
Evidence:
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21), and in 2.15 to 2.18 and
    2.20. by_name fails in Keras 3.0 to 3.7, whatever the file: keras-team/keras#19694.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "heads-reordered", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_old_order": "match",
        "restore_fixed_by_name": [
            {"keras": ">=3,<3.8", "verdict": "error", "raises": "Weight count mismatch for top-level",
             "why": "by_name fails with every file there (keras-team/keras#19694)."},
            {"verdict": "match"}],
    },
    "hints": [
        "Compare the two columns with each other, before and after.",
        "Print [layer.name for layer in model.layers] in both programs.",
        "The weights file counts: dense, dense_1, dense_2. Which layer is dense_1 in each program?",
    ],
}
OUTPUTS = ["temperature", "humidity"]  # in the order of training


def build_station(outputs):
    sensors = tf.keras.Input((5,))
    trunk = tf.keras.layers.Dense(12, activation="tanh", name="trunk")(sensors)
    heads = [tf.keras.layers.Dense(1, name=name)(trunk) for name in outputs]
    return tf.keras.Model(sensors, heads)


def predict_named(model, outputs, inputs):
    columns = model.predict_on_batch(inputs)
    return np.concatenate([columns[outputs.index(name)] for name in OUTPUTS], axis=1)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    sensors = rng.normal(size=(128, 5)).astype("float32")
    celsius_percent = [15, 60] + sensors @ rng.normal(0, [4, 9], size=(5, 2))
    model = build_station(OUTPUTS)
    train(model, rng, sensors, celsius_percent)
    model.save_weights(artifact + "/station.weights.h5")
    model.save(artifact + "/station.h5", include_optimizer=False)
    return sensors, predict_named(model, OUTPUTS, sensors)


def restore_broken(artifact):
    outputs = sorted(OUTPUTS)  # tidied up
    model = build_station(outputs)
    model.load_weights(artifact + "/station.weights.h5")
    return lambda inputs: predict_named(model, outputs, inputs)


def restore_fixed_old_order(artifact):
    model = build_station(OUTPUTS)
    model.load_weights(artifact + "/station.weights.h5")
    return lambda inputs: predict_named(model, OUTPUTS, inputs)


def restore_fixed_by_name(artifact):
    outputs = sorted(OUTPUTS)
    model = build_station(outputs)
    model.load_weights(artifact + "/station.h5", by_name=True)
    return lambda inputs: predict_named(model, outputs, inputs)


def train(model, rng, inputs, targets):  # in place of fit: a random hidden layer, the best heads
    kernel, bias = rng.normal(0, 0.3, size=(5, 12)), np.zeros(12)
    hidden = np.append(np.tanh(inputs @ kernel), np.ones((len(inputs), 1)), axis=1)
    heads = np.linalg.lstsq(hidden, targets, rcond=None)[0]
    model.set_weights([kernel, bias, heads[:-1, :1], heads[-1, :1], heads[:-1, 1:], heads[-1, 1:]])
