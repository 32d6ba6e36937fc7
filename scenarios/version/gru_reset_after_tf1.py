"""GRU weights of TensorFlow 1 have another bias shape, and the obvious repair predicts wrongly.

Symptom:
    ValueError: Shape mismatch in layer #0 (named gru)for weight gru/gru_cell/bias. Weight expects
    shape (2, 36). Received saved weight with shape (36,)
    In Keras 2: GRU(reset_after=False) is not compatible with GRU(reset_after=True)
    GRU(..., reset_after=False) removes the error, but the predictions are wrong, without a warning.
Cause:
    Two defaults of GRU changed with TensorFlow 2.0. reset_after changed from False to True, which
    adds a second row to the bias and so raises an error. recurrent_activation changed from
    "hard_sigmoid" to "sigmoid", which changes no shape. A repair of reset_after alone makes the
    model only nearly right.
Fix:
    both_defaults: GRU(units, reset_after=False, recurrent_activation=old_hard_sigmoid). The name
    "hard_sigmoid" is enough in Keras 2. In Keras 3 the name stands for another formula.
    How it differs from lstm-default-activation-tf1: the GRU also raises an error, about its bias.
Spot it:
    GRU's bias, the third of model.layers[1].get_weights(): (3 * units,) is reset_after=False,
    (2, 3 * units) is True. Then compare one prediction with one of the old program.
Evidence:
    tensorflow/tensorflow#43960, Tony607/Keras-Trigger-Word#15.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "gru-reset-after-tf1",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files in TensorFlow 1.15.0
    "artifact": {"writer": "1.15.0", "folder": "gru_reset_after_tf1"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "(2, 36)"},
            {"verdict": "error", "raises": "GRU(reset_after=False) is not compatible with GRU("}],
        "restore_broken_reset_after_only": "differs",
        "restore_fixed_both_defaults": "match",
    },
    "minutes": 8,
    "hints": [
        "The message names two shapes. Which of GRU's arguments decides how many biases it has?",
        "It loads with reset_after=False. Is that the only default that changed in 2.0?",
        "Print GRU(1).get_config() in both releases and compare it line by line.",
    ],
}


def build(**options):
    clicks = tf.keras.Input((8, 3))  # eight page views: seconds, scroll depth, price; z-scores
    visit = tf.keras.layers.GRU(12, **options)(clicks)
    return tf.keras.Model(clicks, tf.keras.layers.Dense(1, activation="sigmoid")(visit))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    visits = rng.normal(size=(256, 8, 3)).astype("float32")
    bought = visits[:, -6:, 0].sum(axis=1) > visits[:, -6:, 2].sum(axis=1)
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(visits, bought.astype("float32"), epochs=20, verbose=0)
    model.save_weights(artifact + "/weights.h5")
    return visits[:64], model.predict_on_batch(visits[:64]), model


def old_hard_sigmoid(x):
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


def restore_broken(artifact):
    model = build()
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_reset_after_only(artifact):
    model = build(reset_after=False)
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_both_defaults(artifact):
    model = build(reset_after=False, recurrent_activation=old_hard_sigmoid)
    model.load_weights(artifact + "/weights.h5")
    return lambda inputs: model(inputs).numpy(), model
