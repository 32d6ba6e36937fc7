"""Write the recurrent models of this folder: ENVIRONMENT/bin/python write.py NAME.keras (or .h5)."""

import sys

import numpy as np
import tensorflow as tf

layers = tf.keras.layers
random = np.random.RandomState(0)
model = tf.keras.Sequential(
    [
        layers.Input((5, 3)),
        layers.LSTM(4, return_sequences=True),
        layers.GRU(3, return_sequences=True, go_backwards=True),
        layers.GRU(4, reset_after=False, return_sequences=True, use_bias=False),
        layers.SimpleRNN(3, return_sequences=True, activation="relu"),
        layers.LSTM(2, activation="softsign"),
        layers.Dense(2),
    ]
)
for variable in model.weights:
    variable.assign(random.normal(size=variable.shape) * 0.7)
inputs = random.normal(size=(6, 5, 3)).astype("float32")
model.save(sys.argv[1])
np.savez(sys.argv[1] + ".npz", inputs=inputs, predictions=model.predict_on_batch(inputs))
