"""Loading warns that the model was *not* compiled; predictions need no compiled model.

Symptom:
    "WARNING: No training configuration found in the save file, so the model was *not* compiled.
    Compile it manually." from load_model. "Can I ignore the warning?"
Cause:
    Only the encoder of a trained autoencoder was saved. The autoencoder was compiled, but its
    encoder was not, so the .h5 holds no optimizer, loss or metrics. A model saved with
    include_optimizer=False gives the same warning. All weights are in the file.
Fix:
    load_model(path, compile=False) gives no warning. Compile only in order to train or evaluate.
Spot it:
    Only model.compiled is False (Keras 3). Compare a prediction, or the weights. A model whose
    weights are missing gives random numbers and no such warning (scenario architecture-only).
Evidence:
    keras-team/keras#6865 (an encoder, as here), fizyr/keras-retinanet#207, keras-team/keras#8691,
    experiencor/keras-yolo3#148.
    Of the same kind: "the compiled metrics have yet to be built", where a compiled .h5 is loaded.
    Measured with this file: weights equal and a match on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "not-compiled-warning",
    "family": "restore",
    "tensorflow": ">=2.2",
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "No training configuration found in the save file, so the model was *not* compiled",
    "minutes": 5,
    "hints": [
        "What does compile() add to a model: weights, or the means to train them?",
        "Was this very model, the encoder, ever compiled?",
        "Load it with compile=False and compare the predictions: equal, and no warning.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    scans = (rng.normal(size=(256, 4)) @ rng.normal(size=(4, 16))).astype("float32")
    # What training brings a linear autoencoder to: the principal components of its data.
    mean = scans.mean(axis=0)
    components = np.linalg.svd(scans - mean, full_matrices=False)[2][:3]
    encoder = tf.keras.Sequential([tf.keras.Input((16,)), tf.keras.layers.Dense(3)])
    decoder = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(16)])
    encoder.set_weights([components.T, -components @ mean])  # in place of a training
    decoder.set_weights([components, mean])
    autoencoder = tf.keras.Sequential([tf.keras.Input((16,)), encoder, decoder])
    autoencoder.compile("adam", "mse")
    encoder.save(artifact + "/encoder.h5")  # the part that will be used
    return scans[:64], encoder.predict_on_batch(scans[:64]), encoder


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/encoder.h5")
    return model.predict_on_batch, model
