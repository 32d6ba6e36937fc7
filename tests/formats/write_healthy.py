"""Write small healthy models of many kinds, in every format that this interpreter's Keras has.

    ENVIRONMENT/bin/python tests/formats/write_healthy.py FOLDER [SEED [MORE]]

With a SEED the weights are moved as a training moves them, and two kinds are also converted to
TF-Lite: `diagnose` must find nothing. With MORE each model is moved and saved so many times more,
in the formats that take little time.
Python 3.7, TensorFlow and numpy only: any environment can run it. A kind or format that a release
does not have is left out. test_healthy.py reads what this wrote, and expects nothing unsafe.
"""

import json
import os
import sys

import numpy as np


def dense(keras):
    model = keras.Sequential(
        [
            keras.layers.Input((4,)),
            keras.layers.Dense(3, "relu", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1, "sigmoid", kernel_initializer="he_normal"),
        ]
    )
    model.compile("adam", "binary_crossentropy", ["accuracy", "AUC"])
    return model


def functional(keras):
    given = keras.layers.Input((4,))
    left = keras.layers.Dense(3, activation="elu", kernel_constraint="max_norm")(given)
    right = keras.layers.Dense(3, activation="softplus")(given)
    joined = keras.layers.Concatenate()([left, keras.layers.Add()([left, right])])
    model = keras.Model(given, [keras.layers.Dense(2, "softmax")(joined), left])
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(keras.optimizers.SGD(rate), ["sparse_categorical_crossentropy", "mse"])
    return model


def convolution(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(4, 3, padding="same"),
            layers.UpSampling2D(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, "softmax"),
        ]
    )
    model.compile("rmsprop", keras.losses.CategoricalCrossentropy(), ["categorical_accuracy"])
    return model


def recurrent(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6,), dtype="int32"),
            layers.Embedding(20, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(3),
            layers.Dense(1, "tanh"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.Huber(), ["mae"])
    return model


def cells(keras):
    layers = keras.layers
    given = layers.Input((6, 4))
    hidden = layers.RNN([layers.LSTMCell(3), layers.GRUCell(3)], return_sequences=True)(given)
    hidden = layers.TimeDistributed(layers.Dense(2))(hidden)
    return keras.Model(given, layers.SimpleRNN(2)(hidden))


def nested(keras):
    given = keras.layers.Input((4,))
    inner = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(4, "selu")])
    return keras.Model(given, keras.layers.Dense(1)(inner(inner(given))))


def attention(keras):
    given = keras.layers.Input((5, 4))
    hidden = keras.layers.MultiHeadAttention(2, 2)(given, given)
    return keras.Model(given, keras.layers.LayerNormalization()(hidden + given))


def operators(keras):
    import tensorflow as tf

    given = keras.layers.Input((4,))
    hidden = given * 2.0 + 1.0
    if keras.__version__ < "3":
        hidden = tf.math.reduce_mean(tf.nn.relu(hidden), axis=-1, keepdims=True)
        hidden = tf.concat([hidden, tf.cast(given, "float32")], -1)[:, :3]
    else:
        hidden = keras.ops.mean(keras.ops.relu(hidden), axis=-1, keepdims=True)
    return keras.Model(given, keras.layers.Dense(1)(hidden))


def words(keras):
    layers = keras.layers
    lookup = layers.StringLookup(vocabulary=["restore", "the", "model"])
    given = layers.Input((3,), dtype="string")
    return keras.Model(given, layers.Embedding(5, 2)(lookup(given)))


def preprocessing(keras):
    layers = keras.layers
    scale = layers.Normalization()
    scale.adapt(np.arange(20.0).reshape(5, 4).astype("float32"))
    given = layers.Input((4,))
    return keras.Model(given, layers.Dense(1)(layers.Rescaling(0.5)(scale(given))))


def augmentation(keras):
    layers = keras.layers
    given = layers.Input((8, 8, 3))
    hidden = layers.RandomRotation(0.1)(layers.RandomFlip()(given))
    return keras.Model(given, layers.Flatten()(layers.Resizing(4, 4)(hidden)))


def mixed(keras):
    given = keras.layers.Input((4,))
    hidden = keras.layers.Dense(3, dtype="mixed_float16")(given)
    return keras.Model(given, keras.layers.Activation("linear", dtype="float32")(hidden))


def activations(keras):
    given = hidden = keras.layers.Input((4,))
    for layer in ("LeakyReLU", "PReLU", "ELU", "ThresholdedReLU", "Softmax", "GaussianNoise"):
        if hasattr(keras.layers, layer):
            made = getattr(keras.layers, layer)
            hidden = made(0.1)(hidden) if layer == "GaussianNoise" else made()(hidden)
    model = keras.Model(given, hidden)
    model.compile("nadam", "kullback_leibler_divergence", ["cosine_similarity", "acc"])
    return model


def separate(keras):
    layers = keras.layers
    given = layers.Input((9, 4))
    hidden = layers.Conv1D(3, 3, dilation_rate=2, bias_regularizer="l1")(given)
    hidden = layers.Cropping1D(1)(layers.ZeroPadding1D(2)(hidden))
    return keras.Model(given, layers.Reshape((3, -1))(layers.Permute((2, 1))(hidden)))


KINDS = (
    dense,
    functional,
    convolution,
    recurrent,
    cells,
    nested,
    attention,
    operators,
    words,
    preprocessing,
    augmentation,
    mixed,
    activations,
    separate,
)


def train(model, seed):
    """Move every weight a little, and settle the statistics, as a training does."""
    random = np.random.RandomState(seed)
    for variable in model.weights:
        values = np.array(variable)
        if values.dtype.kind != "f" or not values.size:
            continue
        named = variable.name + getattr(variable, "path", "")
        moved = values + random.normal(size=values.shape) * (0.3 * values.std() + 0.05)
        if "moving" in named or "mean" in named or "variance" in named:
            moved = abs(values) + random.uniform(0.1, 0.9, size=values.shape)
        variable.assign(moved.astype(values.dtype))


def convert(tf, model, path):
    """Convert to TF-Lite: with float weights, and with weights in 8 bits."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if path.endswith("_8bit.tflite"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    content = converter.convert()
    with open(path, "wb") as file:
        file.write(content)


def save_all(tf, kind, folder, seed=None, more=0):
    """Save one model in every format; yield the names of what came out."""
    keras = tf.keras
    model = kind(keras)
    name = kind.__name__
    if seed is not None:
        train(model, seed)
    with open(os.path.join(folder, name + ".json"), "w") as file:
        file.write(model.to_json())
    yield name + ".json"
    loss = getattr(model, "loss", None)
    if loss and name == "dense" and seed is None:
        model.fit(np.zeros((4, 4)), np.zeros((4, 1)), verbose=0)
    formats = {
        name + ".keras": lambda path: model.save(path),
        name + ".h5": lambda path: model.save(path),
        name + ".weights.h5": lambda path: model.save_weights(path),
        name + "_tf": lambda path: model.save(path, save_format="tf"),
        name + "_exported": lambda path: model.export(path),
        name + "_plain": lambda path: tf.saved_model.save(model, path),
        name + "_ckpt": lambda path: tf.train.Checkpoint(model=model).write(path),
    }
    if seed is not None and kind in (dense, convolution):
        for title in (name + ".tflite", name + "_8bit.tflite"):
            formats[title] = lambda path: convert(tf, model, path)
    for title, save in formats.items():
        try:
            save(os.path.join(folder, title))
        except Exception as error:
            print("left out", title, type(error).__name__, str(error)[:100], file=sys.stderr)
        else:
            yield title
    for number in range(1, more + 1):
        train(model, seed + number)
        for title in (name + ".keras", name + ".h5", name + ".weights.h5", name + "_ckpt"):
            again = f"again{number}_{title}"
            try:
                formats[title](os.path.join(folder, again))
            except Exception as error:
                print("left out", again, type(error).__name__, file=sys.stderr)
            else:
                yield again


def main(folder, seed=None, more=0):
    """Write every kind, and the list of what was written."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    if not os.path.isdir(folder):
        os.makedirs(folder)
    written = []
    for kind in KINDS:
        try:
            written += list(save_all(tf, kind, folder, seed, more))
        except Exception as error:
            print("left out", kind.__name__, repr(error)[:200], file=sys.stderr)
        tf.keras.backend.clear_session()
    with open(os.path.join(folder, "written.json"), "w") as file:
        json.dump(written, file)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
