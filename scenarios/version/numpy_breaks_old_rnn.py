"""An LSTM of TensorFlow 1.15 does not load with numpy 1.20 or newer; other layers do.

Symptom:
    NotImplementedError: Cannot convert a symbolic Tensor (lstm/strided_slice:0) to a numpy array.
    Model and code did not change: a fresh environment has a newer numpy. GRU and SimpleRNN fail
    too, at building and at loading, in TensorFlow 1.15 up to 2.5.
Cause:
    An RNN makes its initial state with zeros([batch size, units]), and the batch size is a symbolic
    tensor. TensorFlow first tries np.prod on that list. Older numpy raised TypeError, which
    TensorFlow caught. numpy 1.20 raises NotImplementedError, which TensorFlow does not catch.
Fix:
    pip install "numpy<1.20" is the cure: there the broken path matches. If numpy must stay:
    patched: replace the helper that calls np.prod by an empty one. It only avoided a small
    constant.
    initial_state: pass zeros to the LSTM, made without a list. This needs the code of the model. A
    static batch_input_shape is no cure. Or read the file with TensorFlow 2.6 or later.
Spot it:
        numpy.__version__, tf.__version__  # 1.20 or more beside less than 2.6
Evidence:
    keras-team/keras#14687, tensorflow/tensorflow#47087. Measured with this file, written by
    TensorFlow 1.15 with numpy 1.18: the error in 1.15 with numpy 1.21, in 2.4 and 2.5 with 1.20;
    match in 1.15, 2.3 and 2.4 with the numpy of their day, and in 2.6 with 1.20.
"""
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import array_ops

SCENARIO = {
    "id": "numpy-breaks-old-rnn",
    "family": "version",
    "tensorflow": "<2.7",  # the readers; `save` wrote the committed files in TensorFlow 1.15.0
    "artifact": {"writer": "1.15.0", "folder": "numpy_breaks_old_rnn"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"reader": ">=2.6", "verdict": "match", "why": "TensorFlow handles both exceptions."},
            {"numpy": ">=1.20", "verdict": "error", "why": "np.prod raises something else now.",
             "raises": "Cannot convert a symbolic Tensor"},
            {"verdict": "match"}],
        "restore_fixed_patched": "match",
        "restore_fixed_initial_state": "match",
    },
    "minutes": 8,
    "hints": [
        "Neither the file nor the code changed. What did pip install besides TensorFlow?",
        "The traceback ends in array_ops.zeros, which calls np.prod. What is your numpy?",
        "The tensor in the message is the batch size. Who needs it: what does an LSTM start from?",
    ],
}


def build(states):
    heart = tf.keras.Input((12, 2))  # a dozen beats: interval and height
    # hard_sigmoid is what LSTM defaults to in TensorFlow 1; TensorFlow 2 has to be told
    lstm = tf.keras.layers.LSTM(6, recurrent_activation="hard_sigmoid")
    return tf.keras.Model(heart, tf.keras.layers.Dense(1)(lstm(heart, initial_state=states(heart))))


def save(artifact, seed):
    rng = np.random.RandomState(seed)
    heart = rng.normal(size=(32, 12, 2)).astype("float32")
    model = build(lambda heart: None)
    model.set_weights([rng.normal(scale=0.7, size=each.shape) for each in model.get_weights()])
    model.save(artifact + "/model.h5")  # random weights stand for trained ones
    return heart, model.predict_on_batch(heart), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return model.predict_on_batch, model


def restore_fixed_patched(artifact):
    array_ops._constant_if_small = lambda *arguments: None  # before any RNN is built or loaded
    return restore_broken(artifact)


def restore_fixed_initial_state(artifact):
    def states(heart):
        zeros = tf.keras.layers.Lambda(lambda x: tf.fill(tf.stack([tf.shape(x)[0], 6]), 0.0))
        return [zeros(heart), zeros(heart)]

    model = build(states)
    model.load_weights(artifact + "/model.h5")
    return model.predict_on_batch, model
