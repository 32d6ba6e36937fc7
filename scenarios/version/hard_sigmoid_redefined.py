"""Keras 3 computes hard_sigmoid by another formula, so a Keras 2 file predicts other numbers.

Symptom:
    "Predictions changed after upgrading to TensorFlow 2.16: same weights, no error, no warning."
    Predictions stay plausible and in range. Here the error is up to 0.14 on a scale of 0 to 1.
Cause:
    A file names the activation, and the reader supplies the formula. Keras 2: clip(0.2x + 0.5, 0,
    1). Keras 3: relu6(x + 3) / 6, as in torch and jax. The error of one layer is up to 0.083, of a
    stack more.
Fix:
    old_formula: if you have the code, write the old formula into it and load the weights.
    tfsm_layer: a SavedModel holds operations, not names. It is exact, but Keras 2 must export it.
    tf_keras (TF_USE_LEGACY_KERAS=1) cures too: there both broken paths match.
    No cure: custom_objects. Keras 3 ignores it without a warning (for .h5: 3.6 raises, 3.15 uses
    it).
    replaced_activation: if you have the file, load it, then replace the function in each layer. A
    model that has already predicted keeps the old function until you also call
        model.make_predict_function(force=True)
    How it differs from convlstm-default-changed: the formula changed, not a default.
Spot it:
    tf.keras.activations.hard_sigmoid(tf.constant(1.0)) is 0.7 in Keras 2, 0.6667 in Keras 3. Is it
    in your file? "hard_sigmoid" in h5py.File("model.h5", "r").attrs["model_config"]
Evidence:
    tensorflow/tensorflow#65381, keras-team/keras#19477.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "hard-sigmoid-redefined",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "hard_sigmoid_redefined"},
    "seed": 0,
    "expect": {
        "restore_broken": [{"keras": ">=3", "verdict": "differs", "why": "The formula changed."},
                           {"verdict": "match"}],
        "restore_broken_custom_objects": [
            {"keras": ">=3", "verdict": "differs", "why": "It is ignored."}, {"verdict": "match"}],
        "restore_fixed_old_formula": "match",
        "restore_fixed_replaced_activation": "match",
        "restore_fixed_tfsm_layer": "match"},
    "minutes": 8,
    "hints": ["The weights came back bit for bit. What else does a layer need to compute?",
              "Ask both Keras for tf.keras.activations.hard_sigmoid(x), with x from -3 to 3.",
              "Give each layer clip(0.2 * x + 0.5, 0, 1) before the restored model predicts."],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    soil = rng.normal(size=(256, 6)).astype("float32")  # six sensors
    valve_opening = np.clip(0.5 + soil @ rng.normal(scale=0.3, size=(6, 1)), 0, 1)
    model = tf.keras.Sequential([tf.keras.Input((6,)), tf.keras.layers.Dense(16, "hard_sigmoid"),
                                 tf.keras.layers.Dense(1, "hard_sigmoid")])
    model.compile(tf.keras.optimizers.Adam(0.02), tf.keras.losses.MeanSquaredError())
    model.fit(soil, valve_opening, epochs=60, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)  # or Keras 3.0.5 stops at the loss
    model.save(artifact + "/model.keras")
    model.export(artifact + "/exported")
    return soil[:64], model.predict_on_batch(soil[:64]), model


def old_hard_sigmoid(x):
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return model.predict_on_batch, model


def restore_broken_custom_objects(artifact):
    old = {"hard_sigmoid": old_hard_sigmoid}
    model = tf.keras.models.load_model(artifact + "/model.keras", custom_objects=old, compile=False)
    return model.predict_on_batch, model


def restore_fixed_old_formula(artifact):
    model = tf.keras.Sequential([tf.keras.Input((6,)), tf.keras.layers.Dense(16, old_hard_sigmoid),
                                 tf.keras.layers.Dense(1, old_hard_sigmoid)])
    model.load_weights(artifact + "/model.h5")
    return model.predict_on_batch, model


def restore_fixed_replaced_activation(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    for layer in model.layers:
        if getattr(layer, "activation", None) is tf.keras.activations.hard_sigmoid:
            layer.activation = old_hard_sigmoid  # LSTM, GRU: layer.cell.recurrent_activation too
    return model.predict_on_batch, model


def restore_fixed_tfsm_layer(artifact):
    if not hasattr(tf.keras.layers, "TFSMLayer"):  # Keras 2: TensorFlow alone reads the folder
        served = tf.saved_model.load(artifact + "/exported")
        return lambda inputs: served.serve(inputs).numpy()
    served = tf.keras.layers.TFSMLayer(artifact + "/exported", call_endpoint="serve")
    model = tf.keras.Sequential([tf.keras.Input((6,)), served])
    return model.predict_on_batch, model
