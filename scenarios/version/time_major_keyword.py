"""Keras 3 rejects a Keras 2 LSTM for time_major; the usual workaround loads it, and it drifts.

Symptom:
    ValueError: Unrecognized keyword arguments passed to LSTM: {'time_major': False}
    GRU, SimpleRNN and ConvLSTM2D fail too. Without the keyword the file loads, and "predictions
    differ slightly from the old TensorFlow" where the layer uses recurrent_activation hard_sigmoid.
    Keras 3.0 to 3.3 fail earlier: ValueError: Could not interpret initializer identifier:
    {'class_name': 'Orthogonal', 'config': {'gain': 1.0, 'seed': None}}
Cause:
    Keras 3 dropped the argument time_major, and every recurrent layer in a Keras 2 file has it.
    Removing the argument is right. But Keras 3 also computes hard_sigmoid by another formula, and
    nobody notices before the file loads: the error hides wrong predictions.
Fix:
    both: remove time_major, then put the old formula into the cell. Layers with the default sigmoid
    need only the first step. tf_keras (TF_USE_LEGACY_KERAS=1) reads the file as it is.
    A model that has already predicted keeps the new formula until you also call
        model.make_predict_function(force=True)
    How it differs from hard-sigmoid-redefined: an error about time_major hides the same mistake.
Spot it:
        config = h5py.File("model.h5", "r").attrs["model_config"]
        "time_major" in config, "hard_sigmoid" in config  # (True, True): mend both
Evidence:
    keras-team/keras#20750 (time_major and the workaround), tensorflow/tensorflow#65381.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "time-major-keyword",
    "family": "version",
    "tensorflow": ">=2.0",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "time_major_keyword"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3,<3.4", "verdict": "error", "raises": "'Orthogonal'",
             "why": "Keras 3.0 to 3.3 have no initializer of this name."},
            {"keras": ">=3", "verdict": "error", "raises": "{'time_major': False}"},
            {"verdict": "match"}],
        "restore_broken_stripped": [
            {"keras": ">=3", "verdict": "differs", "why": "Keras 3 redefined hard_sigmoid."},
            {"verdict": "match"}],
        "restore_fixed_both": "match",
    },
    "minutes": 8,
    "hints": [
        "The message names the keyword to drop. Drop it, then compare one known prediction.",
        "All weights are right. Which functions does the LSTM call, and does the file hold them?",
        "model.layers[0].cell.recurrent_activation can be exchanged after loading.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    pulse = rng.normal(size=(256, 8, 1)).cumsum(axis=1).astype("float32") / 2  # heart rate, scaled
    rising = pulse[:, -3:].mean(axis=1) - pulse[:, :3].mean(axis=1)
    model = tf.keras.Sequential([
        tf.keras.Input((8, 1)),
        tf.keras.layers.LSTM(10, recurrent_activation="hard_sigmoid"),  # TensorFlow 1's default
        tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.Adam(0.03), "mse")
    model.fit(pulse, rising, epochs=20, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return pulse[:64], model.predict_on_batch(pulse[:64]), model


class StrippedLSTM(tf.keras.layers.LSTM):
    def __init__(self, *args, time_major=False, **kwargs):
        super().__init__(*args, **kwargs)


def old_hard_sigmoid(x):
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_stripped(artifact):
    shims = {"LSTM": StrippedLSTM,
             "Orthogonal": tf.keras.initializers.Orthogonal}  # for Keras 3.0 to 3.3
    with tf.keras.utils.custom_object_scope(shims):  # they ignore load_model's custom_objects
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_both(artifact):
    predict, model = restore_broken_stripped(artifact)
    model.layers[0].cell.recurrent_activation = old_hard_sigmoid
    return predict, model
