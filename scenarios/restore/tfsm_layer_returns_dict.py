"""TFSMLayer returns a dictionary, where the original model returned an array.

Symptom:
    AttributeError: 'dict' object has no attribute 'numpy'. In the next layer: Attempt to convert a
    value ({'output_0': ...}) with an unsupported type (<class 'dict'>) to a Tensor. In a Sequential
    model.predict(x)[0] raises KeyError: 0. TFSMLayer has no predict() of its own.
Cause:
    "serving_default" is a signature. TensorFlow's signatures always return a dictionary from output
    names to tensors, even for one output. Keras 3 returns that dictionary unchanged.
Fix:
    named_output: take the output by its name, before the next layer.
    serve: model.export() also writes the endpoint "serve", which returns the same as the model.
    serve also takes a list of inputs. serving_default cannot be called with two inputs at all.
    A folder from Keras 2's model.save has serving_default only. Its output is named like its layer.
Spot it:
    saved_model_cli show --dir exported --tag_set serve --signature_def serving_default
    or list(layer(x)): the names of the outputs
Evidence:
    keras-team/keras#20813 (a model with two inputs cannot be called). Measured with this file: both
    errors in Keras 3.0 to 3.15.
"""
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tfsm-layer-returns-dict", "family": "restore",
    "tensorflow": ">=2.16", "keras": ">=3", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [{"verdict": "error", "raises": "'dict' object has no attribute"}],
        "restore_broken_next_layer": [
            {"verdict": "error", "raises": "unsupported type (<class 'dict'>) to a Tensor"}],
        "restore_fixed_named_output": "match",
        "restore_fixed_serve": "match",
    },
    "hints": ["Print what the layer returns, before anything is done with it.",
              "Which names does the dictionary have? How many outputs has the model?",
              "What other endpoints does the folder have? tf.saved_model.load shows them."],
}


def save(artifact, seed):
    flights = np.random.default_rng(seed).normal(size=(64, 3)).astype("float32")
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    model.set_weights([np.array([[4.0], [-2.0], [1.0]]), np.array([12.0])])  # minutes of delay
    model.export(os.path.join(artifact, "exported"))
    return flights, model.predict_on_batch(flights)


def load(artifact, endpoint="serving_default"):
    return tf.keras.layers.TFSMLayer(
        os.path.join(artifact, "exported"), call_endpoint=endpoint)


def restore_broken(artifact):
    served = load(artifact)
    return lambda flights: served(flights).numpy()


def restore_broken_next_layer(artifact):
    not_before_time = tf.keras.layers.ReLU()
    model = tf.keras.Sequential([tf.keras.Input((3,)), load(artifact), not_before_time])
    return lambda flights: model(flights).numpy()


def restore_fixed_named_output(artifact):
    served = load(artifact)
    return lambda flights: served(flights)["output_0"].numpy()


def restore_fixed_serve(artifact):
    served = load(artifact, "serve")
    return lambda flights: served(flights).numpy()
