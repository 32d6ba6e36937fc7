"""Make small Keras models and save them: run by the Python of the release that is to write them.

`python models.py FOLDER NAME:FORMAT ...` writes FOLDER/NAME-FORMAT, with the suffix of the format
(h5, keras or tf). Kept to Python 3.7 and to what tf.keras has from 1.15 on; the weights are drawn.
"""

import os
import sys

import numpy as np
import tensorflow as tf

keras, layers = tf.keras, tf.keras.layers


def sequential_of_dense():
    return keras.Sequential(
        [layers.Dense(8, activation="relu", input_shape=(6,)), layers.Dense(3, "softmax")]
    )


def sequential_built_later():
    model = keras.Sequential([layers.Dense(8, activation="tanh"), layers.Dense(2)])
    model.build((None, 5))
    return model


def compiled():
    inputs = keras.Input((6,), name="features")
    hidden = layers.Dense(8, activation="elu")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy", metrics=["acc", "mse"])
    return model


def convolutions():
    return keras.Sequential(
        [
            layers.Conv2D(4, 3, padding="same", input_shape=(12, 12, 3)),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def separable():
    inputs = keras.Input((12, 12, 3))
    hidden = layers.DepthwiseConv2D(3, padding="same")(inputs)
    hidden = layers.SeparableConv2D(5, 3)(hidden)
    hidden = layers.GlobalAveragePooling2D()(hidden)
    return keras.Model(inputs, layers.Dense(2)(hidden))


def lstm():
    return keras.Sequential(
        [layers.LSTM(6, return_sequences=True, input_shape=(9, 3)), layers.LSTM(4), layers.Dense(1)]
    )


def old_lstm():
    return keras.Sequential(
        [layers.LSTM(6, recurrent_activation="hard_sigmoid", input_shape=(9, 3)), layers.Dense(1)]
    )


def two_ways():
    inputs = keras.Input((9, 3))
    hidden = layers.Bidirectional(layers.GRU(5, return_sequences=True))(inputs)
    hidden = layers.Bidirectional(layers.LSTM(4))(hidden)
    return keras.Model(inputs, layers.Dense(2)(hidden))


def words():
    return keras.Sequential(
        [
            layers.Embedding(30, 8, mask_zero=True, input_length=10),
            layers.LSTM(6),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def words_with_input():
    inputs = keras.Input((10,))
    hidden = layers.Embedding(30, 8)(inputs)
    hidden = layers.Conv1D(6, 3, activation="relu")(hidden)
    hidden = layers.GlobalMaxPooling1D()(hidden)
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(hidden))


def old_hard_sigmoid():
    inputs = keras.Input((6,))
    hidden = layers.Dense(5, activation="hard_sigmoid")(inputs)
    return keras.Model(inputs, layers.Activation("hard_sigmoid")(layers.Dense(3)(hidden)))


def nested():
    inner = keras.Sequential(
        [layers.Dense(6, activation="relu", input_shape=(4,)), layers.Dense(3)], name="inner"
    )
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(2)(inner(inputs)))


def twins():
    shared = keras.Sequential([layers.Dense(5, activation="tanh", input_shape=(4,))], name="shared")
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    joined = layers.Concatenate()([shared(left), shared(right)])
    return keras.Model([left, right], layers.Dense(1)(joined))


def two_outputs():
    inputs = keras.Input((5,), name="both")
    hidden = layers.Dense(7, activation="relu")(inputs)
    first = layers.Dense(2, activation="softmax", name="kind")(hidden)
    second = layers.Dense(1, name="size")(hidden)
    model = keras.Model(inputs, [first, second])
    model.compile("adam", {"kind": "categorical_crossentropy", "size": "mse"})
    return model


def residual():
    inputs = keras.Input((8, 8, 4))
    hidden = layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    hidden = layers.BatchNormalization(axis=-1)(hidden)
    hidden = layers.add([hidden, inputs])
    hidden = layers.LeakyReLU()(hidden)
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(hidden))


def up_and_down():
    inputs = keras.Input((8, 8, 1))
    down = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(inputs)
    up = layers.Conv2DTranspose(3, 3, strides=2, padding="same")(down)
    other = layers.UpSampling2D()(down)
    return keras.Model(inputs, layers.Conv2D(1, 1)(layers.concatenate([up, other])))


def frame_by_frame():
    inputs = keras.Input((4, 8, 8, 1))
    hidden = layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu"))(inputs)
    hidden = layers.TimeDistributed(layers.Flatten())(hidden)
    return keras.Model(inputs, layers.GRU(3, reset_after=False)(hidden))


def convolution_in_time():
    inputs = keras.Input((4, 8, 8, 1))
    return keras.Model(inputs, layers.ConvLSTM2D(2, 3, padding="same")(inputs))


def stacked_cells():
    inputs = keras.Input((6, 3))
    cells = [layers.LSTMCell(4), layers.LSTMCell(3)]
    return keras.Model(inputs, layers.Dense(1)(layers.RNN(cells)(inputs)))


def normalized():
    inputs = keras.Input((6,))
    hidden = layers.LayerNormalization()(layers.Dense(5)(inputs))
    return keras.Model(inputs, layers.PReLU()(hidden))


def regularized():
    inputs = keras.Input((6,))
    hidden = layers.Dense(
        5,
        kernel_initializer=keras.initializers.VarianceScaling(),
        kernel_regularizer=keras.regularizers.l2(0.01),
        kernel_constraint=keras.constraints.MaxNorm(2.0),
    )(inputs)
    hidden = layers.GaussianNoise(0.1)(layers.ReLU(6.0)(hidden))
    return keras.Model(inputs, layers.Dense(2)(hidden))


def calls():
    inputs = keras.Input((6,))
    first, second = layers.Dense(4)(inputs), layers.Dense(4)(inputs)
    value = tf.math.multiply(first, 2.0) + second
    value = tf.concat([value, first], axis=-1)[:, 1:5]
    return keras.Model(inputs, tf.nn.relu(value - 0.1 * second))


def image_calls():
    inputs = keras.Input((8, 8, 3))
    value = (inputs / 127.5) - 1.0
    value = layers.Conv2D(4, 3)(value)
    value = tf.reduce_mean(value, axis=[1, 2])
    value = tf.reshape(tf.expand_dims(tf.sqrt(tf.abs(value)), -1), (-1, 4))
    return keras.Model(inputs, 1.0 - value)


def rare_calls():
    inputs = keras.Input((6, 6, 1))
    return keras.Model(inputs, tf.image.sobel_edges(inputs))


def half_precision():
    policy = getattr(keras.mixed_precision, "Policy", None) or keras.mixed_precision.DTypePolicy
    inputs = keras.Input((6,))
    hidden = layers.Dense(5, activation="relu", dtype=policy("mixed_float16"))(inputs)
    return keras.Model(inputs, layers.Dense(2, dtype="float32")(hidden))


def heads():
    inputs, other = keras.Input((5, 8)), keras.Input((7, 8))
    return keras.Model([inputs, other], layers.MultiHeadAttention(2, 4)(inputs, other))


def attention():
    inputs = keras.Input((5, 8))
    value = layers.Attention()([inputs, layers.Dense(8)(inputs)])
    return keras.Model(inputs, layers.Dot(axes=-1)([value, inputs]))


def scaled_images():
    inputs = keras.Input((8, 8, 3))
    hidden = layers.Rescaling(1 / 255.0)(inputs)
    hidden = layers.RandomFlip()(hidden)
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(hidden)))


def standardized():
    inputs = keras.Input((3,))
    normalize = layers.Normalization()
    normalize.adapt(np.random.RandomState(1).normal(5.0, 2.0, (64, 3)).astype("float32"))
    return keras.Model(inputs, layers.Dense(2)(normalize(inputs)))


SUFFIXES = {"h5": ".h5", "keras": ".keras", "tf": ""}


def main(folder, wanted):
    """Write the models that are wanted; one that this release cannot make is named on stderr."""
    for each in wanted:
        name, kind = each.split(":")
        path = os.path.join(folder, name + "-" + kind + SUFFIXES[kind])
        keras.backend.clear_session()
        np.random.seed(1)
        try:
            model = globals()[name]()
            if not model.built:
                model.build((None, 10))
            shift(model)
            model.save(path, **({"save_format": "tf"} if kind == "tf" else {}))
        except Exception as error:
            print(each, type(error).__name__, error, file=sys.stderr)


def shift(model):
    """Move the weights away from what an initializer draws."""
    moved = [
        value + (0.1 * np.random.rand(*value.shape)).astype(value.dtype)
        if value.dtype.kind == "f"
        else value
        for value in model.get_weights()
    ]
    model.set_weights(moved)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
