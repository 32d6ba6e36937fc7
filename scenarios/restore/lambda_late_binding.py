"""In TensorFlow 1 Lambda layers made in a loop all come back with the loop's last value.

Symptom:
    [Lambda(lambda x: x[:, j:j + 1]) for j in range(3)]: right while training, wrong after
    load_model, without an error. Every branch of the restored model reads the last column.
Cause:
    A lambda reads j when it is called. In graph mode Keras calls each lambda once, inside the loop,
    while j is 0, then 1, then 2. The file stores code and closure as they are at saving: by then j
    is 2 in all three, and load_model calls them anew. (TensorFlow 2 calls the layers for every
    prediction. Such a model is wrong from the start there, and the restore is right.)
Fix:
    rebuild: run the code again in the new process and call load_weights. This works for files that
    exist.
    arguments: give each layer its own value, Lambda(cut, arguments={"j": j}), which the file
    stores. A default, lambda x, j=j: ..., also keeps each value.
    How it differs from lambda-reads-global: the value is in the file, but it is the wrong one.
Spot it:
        [layer.function.__closure__[0].cell_contents for layer in lambda_layers]  # [2, 2, 2]
Evidence:
    keras-team/keras#13697, keras-team/keras#13574. Measured with this file in TensorFlow 1.15.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "lambda-late-binding",
    "family": "restore",
    "tensorflow": "<2",
    "seed": 0,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_rebuild": "match",
        "restore_fixed_arguments": "match",
    },
    "saves": {"restore_fixed_arguments": "save_arguments"},
    "minutes": 8,
    "hints": [
        "The weights are equal. Which of the layers have no weights, and what do they compute?",
        "Run one Lambda's function on [[0, 1, 2]]. Which column does it return?",
        "When does Python look up the j in a lambda: when it is made, or when it is called?",
    ],
}


def build(early=False):
    gauges = tf.keras.Input((3,))  # three river gauges, each with a small network of its own
    branches = []
    for j in range(3):
        if early:
            column = tf.keras.layers.Lambda(lambda x, j: x[:, j:j + 1], arguments={"j": j})
        else:
            column = tf.keras.layers.Lambda(lambda x: x[:, j:j + 1])
        branches.append(tf.keras.layers.Dense(4, activation="tanh")(column(gauges)))
    joined = tf.keras.layers.Concatenate()(branches)
    return tf.keras.Model(gauges, tf.keras.layers.Dense(1)(joined))


def save(artifact, seed, early=False):
    rng = np.random.RandomState(seed)
    model = build(early)
    # in place of a training
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    model.save(artifact + "/model.h5")  # random weights stand for trained ones
    levels = rng.normal(size=(64, 3)).astype("float32")
    return levels, model.predict_on_batch(levels), model


def save_arguments(artifact, seed):
    return save(artifact, seed, early=True)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return model.predict_on_batch, model


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.h5")
    return model.predict_on_batch, model


def restore_fixed_arguments(artifact):  # the cure is in save_arguments
    return restore_broken(artifact)
