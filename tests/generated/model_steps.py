"""The steps of a drawn model, run in workers: `spec.json` in the artifact says how it is built.

The fixed paths are the formats that TensorFlow 2.16 and later offer, the broken ones the general
ways to lose what a model knew. Not a test: this runs inside TensorFlow, in a process of its own.
"""

import json

import numpy as np
import tensorflow as tf

layers = tf.keras.layers
OTHERS = {
    "relu": "softplus",
    "softplus": "relu",
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "elu": "tanh",
}


def make_layer(block):
    kind, activation = block["kind"], block.get("activation")
    if kind == "dense":
        return layers.Dense(block["units"], activation=activation)
    if kind == "conv":
        return layers.Conv2D(block["units"], block["size"], padding="same", activation=activation)
    if kind == "conv1d":
        return layers.Conv1D(block["units"], block["size"], padding="same", activation=activation)
    if kind in ("lstm", "gru"):
        cell = layers.LSTM if kind == "lstm" else layers.GRU
        cell = cell(block["units"], return_sequences=True)
        return layers.Bidirectional(cell) if block["both_ways"] else cell
    return {
        "batch": layers.BatchNormalization,
        "layer": layers.LayerNormalization,
        "dropout": lambda: layers.Dropout(0.5),
        "pool": lambda: layers.MaxPooling2D(2),
    }[kind]()


def build(spec):
    inputs = hidden = layers.Input(spec["shape"])
    for block in spec["trunk"]:
        hidden = make_layer(block)(hidden)
    if spec["branches"]:
        ends = []
        for branch in spec["branches"]:
            end = hidden
            for block in branch:
                end = make_layer(block)(end)
            ends.append(end)
        hidden = (
            layers.Concatenate()(ends) if spec["merge"] == "concatenate" else layers.Add()(ends)
        )
    if len(spec["shape"]) > 1:
        images = len(spec["shape"]) == 3
        average = layers.GlobalAveragePooling2D if images else layers.GlobalAveragePooling1D
        hidden = (layers.Flatten if spec["end"] == "flatten" else average)()(hidden)
    return tf.keras.Model(inputs, layers.Dense(spec["outputs"], activation=spec["head"])(hidden))


def read(artifact):
    with open(artifact + "/spec.json") as text:
        return json.load(text)


def draw_weight(rng, weight):
    if weight.ndim == 1 and (weight > 0).all():  # a scale or a variance
        return rng.uniform(0.5, 2.0, weight.shape)
    return rng.normal(0, 0.7, weight.shape)


def save(artifact, seed):
    spec, rng = read(artifact), np.random.default_rng(seed)
    model = build(spec)
    for layer in model.layers:  # what training would have left, not what an initializer draws
        layer.set_weights([draw_weight(rng, weight) for weight in layer.get_weights()])
    mean, std = rng.normal(50, 20), rng.uniform(2, 20)
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    model.save(artifact + "/model.keras")
    model.save(artifact + "/model.h5")
    model.save_weights(artifact + "/model.weights.h5")
    model.export(artifact + "/exported", verbose=False)
    tf.train.Checkpoint(model=model).write(artifact + "/checkpoint")
    inputs = rng.normal(mean, std, [24] + spec["shape"]).astype("float32")
    return inputs, model.predict_on_batch(standardise(artifact)(inputs)), model


def standardise(artifact):
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    return lambda inputs: ((inputs - mean) / std).astype("float32")


def finish(artifact, model):
    prepare = standardise(artifact)
    return lambda inputs: model.predict_on_batch(prepare(inputs)), model


def restore_fixed_keras(artifact):
    return finish(artifact, tf.keras.models.load_model(artifact + "/model.keras"))


def restore_fixed_h5(artifact):
    return finish(artifact, tf.keras.models.load_model(artifact + "/model.h5", compile=False))


def restore_fixed_weights(artifact):
    model = build(read(artifact))
    model.load_weights(artifact + "/model.weights.h5")
    return finish(artifact, model)


def restore_fixed_exported(artifact):
    served, prepare = tf.saved_model.load(artifact + "/exported"), standardise(artifact)
    return lambda inputs: served.serve(prepare(inputs)).numpy()


def restore_fixed_checkpoint(artifact):
    model = build(read(artifact))
    status = tf.train.Checkpoint(model=model).read(artifact + "/checkpoint")
    status.assert_existing_objects_matched()
    return finish(artifact, model)


def restore_broken_skipped_statistics(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model


def restore_broken_dropped_weights(artifact):
    return finish(artifact, build(read(artifact)))


def restore_broken_permuted_weights(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    head = model.layers[-1]
    kernel, bias = head.get_weights()
    head.set_weights([np.roll(kernel, 1, axis=0), bias])
    return finish(artifact, model)


def restore_broken_wrong_activation(artifact):
    spec = read(artifact)
    block = next(block for block in spec["trunk"] if "activation" in block)
    block["activation"] = OTHERS[block["activation"]]
    model = build(spec)
    model.load_weights(artifact + "/model.weights.h5")
    return finish(artifact, model)
