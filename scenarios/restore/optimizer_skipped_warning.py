"""Loading warns that the optimizer's variables were skipped; every prediction is still the same.

Symptom:
    "UserWarning: Skipping variable loading for optimizer 'adam', because it has 6 variables whereas
    the saved optimizer has 10 variables." from load_model of a fine-tuned model.
Cause:
    Adam keeps two moments for every trainable weight. After training the first layer was frozen and
    the model saved. The file holds moments for four weights, and the loaded model has moments for
    two. Keras leaves this optimizer fresh. Keras reads the model's own weights separately, and
    completely.
Fix:
    For predictions: load_model(path, compile=False), which does not read the optimizer.
    For more training: compile again after changing `trainable`, before saving. Or accept that
    Adam's moments and step count start anew.
Spot it:
    With the words "for optimizer" the warning is harmless. For a layer Keras raises an error. With
    skip_mismatch=True Keras warns "A total of 1 objects could not be loaded", and the layer stays
    random (scenario skip-mismatch-head).
Evidence:
    bayesflow-org/bayesflow#506 ("it does no harm here since we only want to sample"),
    IVPLatNU/DeepCovidXR#4 (the warning of Keras 2, same answer).
    Measured with this file: weights equal and a match on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "optimizer-skipped-warning",
    "family": "restore",
    "tensorflow": ">=2.16",
    "keras": ">=3.3",  # 3.0.5 skipped them in silence
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "Skipping variable loading for optimizer",
    "minutes": 5,
    "hints": [
        "Whose variables were skipped? Does predict() use them?",
        "Count: two moments a trainable weight, and two numbers more. What changed in between?",
        "Load with compile=False and compare the predictions: equal, and no warning.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(128, 5)).astype("float32")
    targets = np.maximum(inputs @ rng.normal(size=(5, 1)), 0).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((5,)),
        tf.keras.layers.Dense(8, activation="relu", name="backbone"),
        tf.keras.layers.Dense(1, name="head"),
    ])
    model.compile(tf.keras.optimizers.Adam(0.05), "mse", run_eagerly=True)
    for _ in range(6):
        model.train_on_batch(inputs, targets)
    model.get_layer("backbone").trainable = False  # so that nobody spoils it later
    model.save(artifact + "/model.keras")
    return inputs, model.predict_on_batch(inputs), model


def restore_healthy(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model
