"""A model rebuilt from JSON or code has no trained weights: random predictions, or zeros.

Symptom:
    "model_from_json gives random predictions", "loaded model predicts differently every time I
    start", or all 0.0 where the head was initialised with zeros. No error, no warning, and
    model.summary() is what it should be.
Cause:
    to_json, get_config, clone_model and your own building code hold layers and sizes, not weights.
    A weight that no file fills keeps its initial value: a new random draw in every process, or
    zeros. The same happens to a part of a model: if only a backbone's weights are loaded, the head
    keeps its initial kernel. With kernel_initializer="zeros" the output is then 0, whatever the
    backbone returns. (BatchNormalization with gamma_initializer="zeros" multiplies by 0, too.)
Fix:
    weights: load the weights of the whole model, which save_weights wrote beside the JSON. Better,
    model.save keeps architecture and weights together in one .keras file.
Spot it:
    Restored weights are the same in every process, fresh weights are not: run the program twice.
    Then look for weights that are still all zero:
        [w.path for w in model.weights if not np.any(w)]  # all zero; in Keras 2: w.name
Evidence:
    keras-team/keras#4875 ("load giving different result", a long thread of many causes).
    atong01/conditional-flow-matching#134 (a head that begins as zeros: all outputs are zero).
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "architecture-only", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_zero_head": "zeros",
        "restore_fixed_weights": "match",
    },
    "saves": {"restore_broken_zero_head": "save_zero_head"},
    "hints": [
        "The summary is right, layer for layer. What does a summary not show?",
        "Which files lie in the artifact, and which of them does restore read?",
        "What is a Dense kernel before its weights are loaded? Look at kernel_initializer.",
    ],
}


def build(head_initializer):
    return tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.Sequential([
            tf.keras.Input((4,)), tf.keras.layers.Dense(12, activation="relu")]),
        tf.keras.layers.Dense(2, kernel_initializer=head_initializer),
    ])


def save(artifact, seed, head_initializer="glorot_uniform"):
    rng = np.random.default_rng(seed)
    joints = rng.uniform(-1, 1, size=(128, 4)).astype("float32")  # angles of a robot arm, radians
    hand = np.column_stack([np.cos(joints).sum(axis=1), np.sin(joints).sum(axis=1)])  # x, y
    model = build(head_initializer)
    train(model, rng, joints, hand)
    with open(artifact + "/model.json", "w") as text:
        text.write(model.to_json())
    model.save_weights(artifact + "/model.weights.h5")
    model.layers[0].save_weights(artifact + "/backbone.weights.h5")
    return joints, model(joints).numpy(), model


def save_zero_head(artifact, seed):
    return save(artifact, seed, "zeros")  # a common choice: the first predictions are calm


def restore_broken(artifact):
    with open(artifact + "/model.json") as text:
        model = tf.keras.models.model_from_json(text.read())
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_zero_head(artifact):
    model = build("zeros")
    model.layers[0].load_weights(artifact + "/backbone.weights.h5")  # and the head?
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_weights(artifact):
    predict, model = restore_broken(artifact)
    model.load_weights(artifact + "/model.weights.h5")
    return predict, model


def train(model, rng, inputs, targets):  # in place of fit: a random backbone, the best head
    backbone, head = model.layers
    backbone.set_weights([rng.normal(size=(4, 12)), rng.normal(size=12)])
    features = np.column_stack([backbone(inputs), np.ones(len(inputs))])
    weights = np.linalg.lstsq(features, targets, rcond=None)[0]
    head.set_weights([weights[:-1], weights[-1]])
