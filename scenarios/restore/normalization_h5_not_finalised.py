"""Keras 3.0 to 3.5 load an adapted Normalization layer from .h5, but still use mean 0.

Symptom:
    "Normalization layer wrong after loading .h5 in TensorFlow 2.16". No error, get_weights() shows
    the right mean and variance, and the model predicts as if nothing were normalised: here a
    probability of exactly 0.0 for everybody, since raw values drive the sigmoid below -88.
Cause:
    The layer computes with two tensors, layer.mean and layer.variance. finalize_state() computes
    both tensors from the layer's weights. Loading a .keras file calls finalize_state(). Before
    Keras 3.6 loading a legacy .h5 did not. The tensors keep their initial 0 and 1 while the weights
    are right.
Fix:
    keras_format: save as .keras, or upgrade to Keras 3.6 (TensorFlow 2.18 brings it).
    finalised: call finalize_state() on each Normalization layer after loading. Only the file is
    needed. A model that has already predicted keeps mean 0 until you also call
        model.make_predict_function(force=True)
    How it differs from normalization-never-adapted: the mean is in the file, but is not used.
Spot it:
        for layer in model.layers:
            if hasattr(layer, "finalize_state"):
                print(layer.mean, layer.get_weights()[0])  # have to be equal
Evidence:
    keras-team/keras#20168 (the repair). Measured with this file: zeros on Keras 3.0.5, 3.4.1 and
    3.5.0; match on 2.15.0, 3.6.0, 3.11.3, 3.15.1 and tf_keras 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "normalization-h5-not-finalised", "family": "restore",
    "tensorflow": ">=2.8", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [
            {"keras": ">=3,<3.6", "verdict": "zeros", "why": "Legacy .h5 was not finalised."},
            {"verdict": "match"}],
        "restore_fixed_finalised": "match",
        "restore_fixed_keras_format": "match",
    },
    "hints": [
        "get_weights() of both models is equal. What else does the first layer compute with?",
        "Compare layer.mean with the first of layer.get_weights(), in the loaded model.",
        "The layer has a method that derives mean and variance from its weights. Who calls it?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    blood = rng.normal([140, 90, 4.7], [12, 11, 0.4], size=(128, 3)).astype("float32")
    normalization = tf.keras.layers.Normalization()
    normalization.adapt(blood)
    model = tf.keras.Sequential([
        tf.keras.Input((3,)), normalization, tf.keras.layers.Dense(1, activation="sigmoid")])
    # anaemia, from haemoglobin (g/l), cell volume (fl) and cells (million/ul): a training's outcome
    model.layers[1].set_weights([np.array([[-1.6], [-0.9], [0.4]]), np.array([-0.7])])
    model.save(artifact + "/model.h5")
    model.save(artifact + "/model.keras")
    return blood, model(blood).numpy(), model


def restore_broken(artifact, file="/model.h5"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_finalised(artifact):
    predict, model = restore_broken(artifact)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return predict, model


def restore_fixed_keras_format(artifact):
    return restore_broken(artifact, "/model.keras")
