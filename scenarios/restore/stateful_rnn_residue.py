"""A stateful LSTM keeps the state of the warm-up request, so its first real predictions are wrong.

Symptom:
    "Stateful LSTM gives different predictions after load_model", "calling predict twice on the same
    data gives different results". No error; the weights are equal, and the longer the stream, the
    better the predictions become again.
Cause:
    With stateful=True the layer keeps its state from one call to the next. The state is no weight.
    The file does not hold the state, and a loaded model starts from zeros. The first prediction, a
    smoke test or a warm-up request, then becomes the past of the real stream.
Fix:
    reset: call reset_states() on the layer whenever a new stream begins, so also after a warm-up.
    stateless: load the weights into the same model with stateful=False and feed the stream as one
    sequence. Then no state is kept between calls. Prefer this if you have the whole stream.
Spot it:
    Predict the same inputs twice. With a stateful model predict(x) == predict(x) is False.
        [layer.name for layer in model.layers if getattr(layer, "stateful", False)]
Evidence:
    keras-team/keras#10231, keras-team/keras#4379; keras-team/keras#3073 (not read by us).
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "stateful-rnn-residue", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_reset": "match",
        "restore_fixed_stateless": "match",
    },
    "dose": {"path": "restore_broken", "of": "warm-up requests before the stream begins",
             "values": [0, 1, 2, 4, 8]},
    "hints": [
        "All weights are equal. What else decides what an LSTM returns?",
        "Which rows are off: all of them, or mostly the first? What came before the first?",
        "A stateful layer has a method that resets its state. When must it be called?",
    ],
}


def build(stateful):
    hour = tf.keras.Input(batch_shape=(1, 1, 2) if stateful else (1, None, 2))
    hidden = tf.keras.layers.LSTM(6, stateful=stateful, return_sequences=True)(hour)
    return tf.keras.Model(hour, tf.keras.layers.Dense(1)(hidden))


def predict_stream(model, hours):
    return np.concatenate([model(hour[None, None]).numpy()[0] for hour in hours])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0, 1, size=(16, 2)).astype("float32")  # rain, snow melt: share of the worst
    model = build(stateful=True)
    # in place of a training: a gauge whose cells fill with water and run dry at different speeds
    kernel, recurrent, bias = [np.zeros(w.shape) for w in model.layers[1].get_weights()]
    kernel[:, 12:18] = rng.uniform(0.2, 1, (2, 6))
    bias[6:12] = np.linspace(0, 3, 6)
    model.layers[1].set_weights([kernel, recurrent, bias])
    model.layers[2].set_weights([rng.uniform(0.5, 2, (6, 1)), np.full(1, 0.4)])  # metres of water
    model.save_weights(artifact + "/gauge.weights.h5")
    return hours, predict_stream(model, hours), model


def restore_broken(artifact, dose=4):
    model = build(stateful=True)
    model.load_weights(artifact + "/gauge.weights.h5")
    for _ in range(dose):
        model(np.ones((1, 1, 2), "float32"))  # "is the server up?": any weather will do
    return lambda inputs: predict_stream(model, inputs), model


def restore_fixed_reset(artifact):
    _, model = restore_broken(artifact)

    def predict(inputs):
        model.layers[1].reset_states()
        return predict_stream(model, inputs)

    return predict, model


def restore_fixed_stateless(artifact):
    model = build(stateful=False)
    model.load_weights(artifact + "/gauge.weights.h5")
    return lambda inputs: model(inputs[None]).numpy()[0], model
