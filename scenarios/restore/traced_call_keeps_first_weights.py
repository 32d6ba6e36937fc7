"""call is a tf.function and builds its layers: in Keras 3 load_weights changes no prediction.

Symptom:
    "load_weights has no effect", "model(x) is random after loading, model.predict(x) is right",
    "wrong with XLA although get_weights() is equal". No error: all weights are those of the file.
Cause:
    call has the decorator @tf.function, as in many programs for TensorFlow 2.0. The first call
    builds the layers while TensorFlow traces the function. In Keras 3 that trace computes with the
    initial weights, and TensorFlow uses the trace again for each input of the same shape.
    load_weights changes the variables, but the trace does not read the variables. Keras 2 is right.
Fix:
    plain_call: no @tf.function on call. model = tf.function(model) after loading is equally fast.
    built_before: build the layers before the first call, so that the trace reads variables.
    How it differs from attribute-frozen-in-graph: the weights themselves are frozen.
Spot it:
        print(abs(np.array(model(x)) - model.predict(x)).max())  # more than rounding is wrong
    predict is right because its batch has no fixed size, so predict traces call anew.
Evidence:
    Measured with this file. tensorflow/tensorflow#118314 and tensorflow/tensorflow#125391 (open)
    tell of wrong results with XLA and a layer built during a trace. Without XLA the results are as
    wrong.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "traced-call-keeps-first-weights", "family": "restore",
    "tensorflow": ">=2.4", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": [{"keras": ">=3", "verdict": "differs"}, {"verdict": "match"}],
        "restore_fixed_plain_call": "match",
        "restore_fixed_built_before": "match",
    },
    "hints": [
        "Compare get_weights() with the file, then model(x) with model.predict(x).",
        "Call the model with one row and with two rows. Which answer changed with the weights?",
        "When does Keras create the weights of these layers, and what is TensorFlow doing then?",
    ],
}


class Plain(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = tf.keras.layers.Dense(4, activation="tanh")
        self.head = tf.keras.layers.Dense(2)

    def call(self, features):
        return self.head(self.hidden(features))


class Traced(Plain):
    @tf.function
    def call(self, features):
        return self.head(self.hidden(features))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(64, 3)).astype("float32")
    model = Plain()
    model(features)  # builds it
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])  # a training
    model.save_weights(artifact + "/model.weights.h5")
    return features, model(features).numpy(), model


def restore(artifact, model):
    model(np.zeros((1, 3), "float32"))  # load_weights needs a model that is built
    model.load_weights(artifact + "/model.weights.h5")
    return lambda rows: np.concatenate([model(row[None]) for row in rows]), model  # one at a time


def restore_broken(artifact):
    return restore(artifact, Traced())


def restore_fixed_plain_call(artifact):
    return restore(artifact, Plain())


def restore_fixed_built_before(artifact):
    model = Traced()
    model.hidden.build((None, 3))
    model.head.build((None, 4))
    return restore(artifact, model)
