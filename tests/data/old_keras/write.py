"""Write the files of old Keras in this folder: with Keras 1.2.2 or 0.3.3, on TensorFlow 1.15.

    python -m harness env add 1.15 --with keras==1.2.2
    ENVIRONMENT/bin/python tests/data/old_keras/write.py FOLDER

`NAME.npz` holds inputs, and the predictions of the live model.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import keras.layers.core as core
import keras.models
import numpy as np

OLDEST = keras.__version__.startswith("0.")


def build(*layers):
    model = keras.models.Sequential()
    for each in layers:
        model.add(each)
    model.compile(optimizer="sgd", loss="mse")
    return model


def dense():
    return build(core.Dense(3, input_dim=4, activation="relu"), core.Dense(1)), (4,)


def convolution():
    from keras.layers.convolutional import Convolution2D

    layer = Convolution2D(2, 3, 3, input_shape=(6, 6, 1), dim_ordering="tf", W_regularizer="l2")
    return build(layer, core.Flatten(), core.Dropout(0.5), core.Dense(1)), (6, 6, 1)


def words():
    from keras.layers.embeddings import Embedding
    from keras.layers.recurrent import LSTM

    return build(Embedding(10, 4, input_length=6), LSTM(3), core.Dense(1)), None


def main(folder):
    np.random.seed(1)
    for kind in (dense,) if OLDEST else (dense, convolution, words):
        model, shape = kind()
        path = os.path.join(folder, kind.__name__ + keras.__version__.replace(".", "_"))
        random = np.random.RandomState(0)
        inputs = random.randint(0, 10, (4, 6)) if shape is None else random.normal(size=(4, *shape))
        np.savez(path + ".npz", inputs=inputs, predictions=model.predict(inputs))
        if kind is dense:
            with open(path + ".json", "w") as file:
                file.write(model.to_json())
            model.save_weights(path + "_weights.h5", overwrite=True)
        else:
            model.save(path + ".h5")


main(sys.argv[1])
