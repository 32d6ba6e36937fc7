"""LSTM() uses hard_sigmoid in TensorFlow 1 and sigmoid in 2: same code, other predictions.

Symptom:
    "load_weights works, no error, but LSTM predictions differ between TensorFlow 1.15 and 2.x."
Cause:
    The file holds the weights, the code holds the activations, and this code uses the default.
    LSTM's recurrent_activation was "hard_sigmoid" in tf.keras until 1.15 (Keras 2.2) and is
    "sigmoid" since TensorFlow 2.0 (Keras 2.3). The shapes agree, so no error is raised.
Fix:
    old_formula: give recurrent_activation the function of the training: clip(0.2x + 0.5, 0, 1). The
    name "hard_sigmoid" is enough in Keras 2. In Keras 3 the name means another formula (broken
    too).
    How it differs from convlstm-default-changed: LSTM's default changed with TensorFlow 2.0.
    gru-reset-after-tf1 also raises an error, about the bias.
Spot it:
        model.layers[1].get_config()["recurrent_activation"]  # in both programs, after building
    If you have only the file, read its Keras version. Below 2.3 the default was hard_sigmoid:
        h5py.File("weights.h5", "r").attrs["keras_version"]  # '2.2.4-tf': TensorFlow 1.15
Evidence:
    tensorflow/tensorflow#47495, minimaxir/textgenrnn#153.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "lstm-default-activation-tf1",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files in TensorFlow 1.15.0
    "artifact": {"writer": "1.15.0", "folder": "lstm_default_activation_tf1"},
    "seed": 0,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_by_name": [
            {"keras": ">=3", "verdict": "differs", "why": "Keras 3 redefined hard_sigmoid."},
            {"verdict": "match"}],
        "restore_fixed_old_formula": "match",
    },
    "minutes": 8,
    "hints": [
        "Every array of the file arrived, unchanged. What does an LSTM need besides arrays?",
        "The code names no activation for the gates. Which default counts, since when?",
        "Compare tf.keras.layers.LSTM(1).get_config()['recurrent_activation'] in 1.15 and 2.x.",
    ],
}


def build(**options):
    hours = tf.keras.Input((8, 2))  # outdoor temperature and wind, every three hours; z-scores
    day = tf.keras.layers.LSTM(12, **options)(hours)
    return tf.keras.Model(hours, tf.keras.layers.Dense(1)(day))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=(256, 8, 2)).cumsum(axis=1).astype("float32") / 3
    heating = 3 * weather[:, -3:, 1:].mean(axis=1) - 6 * weather[:, -4:, :1].mean(axis=1)
    model = build()  # kWh above or below an average day
    model.compile(tf.keras.optimizers.Adam(0.05), "mse")
    model.fit(weather, heating.astype("float32"), epochs=30, verbose=0)
    model.save_weights(artifact + "/weights.h5")
    return weather[:64], model.predict_on_batch(weather[:64]), model


def old_hard_sigmoid(x):
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


def restore_broken(artifact):
    model = build()
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_by_name(artifact):
    model = build(recurrent_activation="hard_sigmoid")
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_old_formula(artifact):
    model = build(recurrent_activation=old_hard_sigmoid)
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model
