"""A Sequential .h5 of TensorFlow 2.0 or 2.1 loads in Keras 3 without complaint, a dimension too many.

Symptom:
    load_model("model.h5") succeeds, and predict raises ValueError: Invalid input shape for input
    Tensor("data:0", shape=(32, 8), dtype=float32). Expected shape (None, None, 8)
    model.summary() shows (None, None, 1) where it was (None, 1). With a BatchNormalization
    load_model itself fails: Shapes used to initialize variables must be fully-defined.
Cause:
    These releases stored no InputLayer: the first layer's batch_input_shape, (None, 8), is all the
    file says. Keras 3 takes it for a shape without the batch, and puts one more None in front. The
    weights of Dense layers fit all the same, so nothing is noticed while loading.
Fix:
    input: put the loaded layers behind an Input of the right shape. They keep their weights.
    rebuild: build the model in code, with tf.keras.Input first, and load_weights the same file.
    Or let it be done, with a proof: python -m harness rescue model.h5
Spot it:
        tf.keras.models.load_model("model.h5", compile=False).input_shape  # (None, None, 8)?
Evidence:
    Measured with this file: Keras 3.0.5 (2.16.1) and 3.13.2 (2.21). 2.0.1 wrote the same.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "sequential-one-dimension-more",
    "family": "version",
    "tensorflow": ">=2.1",  # the readers; `save` wrote the committed files in TensorFlow 2.1.4
    "artifact": {"writer": "2.1.4", "folder": "sequential_one_dimension_more"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "Invalid input shape",
             "why": "In Keras 3 the shape does not include the batch."},
            {"verdict": "match"}],
        "restore_fixed_input": "match",
        "restore_fixed_rebuild": "match",
    },
    "minutes": 5,
    "hints": [
        "The inputs are as they always were. What shape does the model say it expects?",
        "Compare the shape in the file, batch_input_shape, with model.input_shape. What is added?",
        "A layer that is built keeps its weights when it is put into another Sequential.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((8,)),
        tf.keras.layers.Dense(12, activation="tanh"),
        tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    soil = rng.normal(size=(256, 8)).astype("float32")  # eight measures of a vineyard's soil
    sugar = np.tanh(soil[:, :1] - soil[:, 1:2]) + 0.3 * soil[:, 2:3]
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(soil, sugar, epochs=10, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return soil[:64], model.predict_on_batch(soil[:64]), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model.predict(inputs, verbose=0), model


def restore_fixed_input(artifact):
    loaded = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    size = loaded.layers[0].get_weights()[0].shape[0]
    model = tf.keras.Sequential([tf.keras.Input((size,))] + loaded.layers)
    return lambda inputs: model.predict(inputs, verbose=0), model


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model.predict(inputs, verbose=0), model
