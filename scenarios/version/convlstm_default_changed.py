"""ConvLSTM2D() uses hard_sigmoid in Keras 2 and sigmoid in Keras 3: rebuilt models drift.

Symptom:
    "ConvLSTM2D gives different predictions after upgrading to TensorFlow 2.16." The code is the
    same, load_weights gives no warning, and the numbers stay plausible.
Cause:
    The layer's default recurrent_activation was "hard_sigmoid" in Keras 2. Keras 3 changed the
    default to "sigmoid", as LSTM and GRU already had. A weights file does not hold the activation.
Fix:
    old_formula: pass the function of the training. The name "hard_sigmoid" cures only in Keras 2.
    In Keras 3 the name stands for relu6(x + 3) / 6, which makes the error of this model larger.
    How it differs from lstm-default-activation-tf1: another layer, whose default changed in Keras
    3. hard-sigmoid-redefined names the activation, and its formula changed.
Spot it:
        tf.keras.layers.ConvLSTM2D(1, 1).get_config()["recurrent_activation"]  # in both releases
    In new code, always pass recurrent_activation.
Evidence:
    Measured with this file: off by up to 0.25 mm an hour, where predictions reach 4.8; by name, by
    up to 0.32 (TensorFlow 2.16, 2.18 and 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "convlstm-default-changed",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "convlstm_default_changed"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "differs", "why": "Its default became sigmoid."},
            {"verdict": "match"}],
        "restore_fixed_old_formula": "match",
    },
    "minutes": 8,
    "hints": [
        "The weights are equal to the last bit. What does the code leave to Keras?",
        "Print the layer's get_config() in Keras 2 and in Keras 3.",
        "The old gates computed clip(0.2 * x + 0.5, 0, 1). Ask both Keras for hard_sigmoid(1.0).",
    ],
}


def build(**options):
    radar = tf.keras.Input((4, 6, 6, 1))  # four radar images of rain, ten minutes apart
    storm = tf.keras.layers.ConvLSTM2D(3, 3, padding="same", **options)(radar)
    return tf.keras.Model(radar, tf.keras.layers.Conv2D(1, 1)(storm))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    rain = rng.gamma(1.0, size=(128, 6, 10, 1)).astype("float32")  # mm an hour, and it moves west
    frames = np.stack([rain[:, :, step:step + 6] for step in range(5)], axis=1)
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(frames[:, :4], frames[:, 4], epochs=30, verbose=0)
    model.save_weights(artifact + "/weights.h5")
    return frames[:32, :4], model.predict_on_batch(frames[:32, :4]), model


def old_hard_sigmoid(x):
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


def restore_broken(artifact):
    model = build()
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_old_formula(artifact):
    model = build(recurrent_activation=old_hard_sigmoid)
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model
