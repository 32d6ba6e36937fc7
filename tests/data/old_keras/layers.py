"""Which layers of Keras 1 a later Keras reads: write a model of each with Keras 1.2.2, then read it.

    python -m harness env add 1.15 --with keras==1.2.2
    ENVIRONMENT/bin/python tests/data/old_keras/layers.py write FOLDER
    OTHER-ENVIRONMENT/bin/python tests/data/old_keras/layers.py read FOLDER

`read` prints what fails, and how many models predict what they did when they were saved.
"""

import glob
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import keras.layers as layers
import numpy as np

IMAGE, LAST = (6, 6, 2), {"dim_ordering": "tf"}
FLAT, STEPS = {"input_dim": 4}, {"input_shape": (8, 4)}


def stack(*each):
    model = keras.models.Sequential()
    for layer in each:
        model.add(layer)
    return model


def merge_branches(mode):
    branches = [stack(layers.Dense(3, **FLAT)), stack(layers.Dense(3, **FLAT))]
    return stack(layers.Merge(branches, mode=mode), layers.Dense(1))


def merge_tensors(mode):
    given = layers.Input((4,))
    joined = layers.merge([layers.Dense(3)(given), layers.Dense(3)(given)], mode=mode)
    return keras.models.Model(given, layers.Dense(1)(joined))


def nest():
    given = layers.Input((4,))
    inner = stack(layers.Dense(3, **FLAT))
    return keras.models.Model(given, layers.Dense(1)(inner(given)))


def branch():
    given = layers.Input((4,))
    return keras.models.Model(given, [layers.Dense(1)(given), layers.Dense(2)(given)])


def regularize():
    l2, maximum = keras.regularizers.l2(0.1), keras.constraints.maxnorm(2)
    return stack(layers.Dense(3, W_regularizer=l2, W_constraint=maximum, init="he_normal", **FLAT))


def list_kinds():
    """Return a function that makes a model, by the kind's name."""
    found = {
        "Dense": lambda: stack(layers.Dense(3, **FLAT)),
        "Activation": lambda: stack(layers.Dense(3, **FLAT), layers.Activation("hard_sigmoid")),
        "Embedding": lambda: stack(layers.Embedding(10, 4, input_length=6), layers.Flatten()),
        "Masking": lambda: stack(layers.Masking(0.0, **STEPS), layers.LSTM(2)),
        "nested": nest,
        "functional": branch,
        "regularizers": regularize,
        "reshaping": lambda: stack(
            layers.Reshape((4, 2), input_shape=(8,)), layers.Permute((2, 1)), layers.Flatten(), layers.RepeatVector(3)
        ),
        "BatchNormalization mode 1": lambda: stack(layers.Dense(3, **FLAT), layers.BatchNormalization(mode=1)),
        "GlobalMaxPooling1D": lambda: stack(layers.Convolution1D(3, 2, **STEPS), layers.GlobalMaxPooling1D()),
        "GlobalAveragePooling2D": lambda: stack(
            layers.Convolution2D(3, 2, 2, input_shape=IMAGE, **LAST), layers.GlobalAveragePooling2D(**LAST)
        ),
        "Convolution2D": lambda: stack(
            layers.Convolution2D(3, 2, 2, input_shape=IMAGE, **LAST), layers.MaxPooling2D(**LAST), layers.AveragePooling2D(**LAST)
        ),
        "Convolution3D": lambda: stack(layers.Convolution3D(2, 2, 2, 2, input_shape=(4, 4, 4, 1), **LAST), layers.MaxPooling3D(**LAST)),
        "Deconvolution2D": lambda: stack(layers.Deconvolution2D(3, 2, 2, output_shape=(None, 7, 7, 3), input_shape=IMAGE, **LAST)),
        "UpSampling2D": lambda: stack(
            layers.UpSampling2D(input_shape=IMAGE, **LAST), layers.ZeroPadding2D(**LAST), layers.Cropping2D(**LAST)
        ),
        "UpSampling1D": lambda: stack(layers.UpSampling1D(2, **STEPS), layers.ZeroPadding1D(1), layers.Cropping1D((1, 1))),
        "Convolution1D": lambda: stack(layers.Convolution1D(3, 2, **STEPS), layers.MaxPooling1D(2)),
        "AtrousConvolution1D": lambda: stack(layers.AtrousConvolution1D(3, 2, atrous_rate=2, **STEPS)),
        "AtrousConvolution2D": lambda: stack(layers.AtrousConvolution2D(3, 2, 2, atrous_rate=(2, 2), input_shape=IMAGE, **LAST)),
        "LocallyConnected1D": lambda: stack(layers.LocallyConnected1D(2, 2, **STEPS)),
        "ConvLSTM2D": lambda: stack(layers.ConvLSTM2D(2, 2, 2, input_shape=(3, 5, 5, 1), **LAST)),
        "SpatialDropout2D": lambda: stack(layers.SpatialDropout2D(0.5, input_shape=IMAGE, **LAST)),
        "noise": lambda: stack(layers.Dense(3, **FLAT), layers.Dropout(0.5), layers.GaussianNoise(0.1), layers.GaussianDropout(0.5)),
        "TimeDistributed": lambda: stack(layers.TimeDistributed(layers.Dense(3), **STEPS)),
        "TimeDistributedDense": lambda: stack(layers.TimeDistributedDense(3, **STEPS)),
        "Highway": lambda: stack(layers.Highway(**FLAT)),
        "MaxoutDense": lambda: stack(layers.MaxoutDense(3, **FLAT)),
    }
    for name in ("SeparableConvolution2D", "LocallyConnected2D"):
        make = getattr(layers, name)
        found[name] = lambda make=make: stack(make(3, 2, 2, input_shape=IMAGE, **LAST))
    for name in ("LSTM", "GRU", "SimpleRNN"):
        make = getattr(layers, name)
        found[name] = lambda make=make: stack(make(3, **STEPS))
        found["Bidirectional " + name] = lambda make=make: stack(layers.Bidirectional(make(3), **STEPS))
    for name in ("LeakyReLU", "PReLU", "ELU", "ParametricSoftplus", "ThresholdedReLU", "SReLU", "BatchNormalization", "ActivityRegularization"):
        make = getattr(layers, name)
        found[name] = lambda make=make: stack(layers.Dense(3, **FLAT), make())
    for mode in ("concat", "sum"):
        found["Merge " + mode] = lambda mode=mode: merge_branches(mode)
    for mode in ("concat", "sum", "mul", "dot"):
        found["merge " + mode] = lambda mode=mode: merge_tensors(mode)
    return found


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def predict(model, inputs):
    return as_list(model.predict(inputs if len(inputs) > 1 else inputs[0]))


def write(folder):
    os.makedirs(folder)
    random = np.random.RandomState(0)
    for name, make in sorted(list_kinds().items()):
        model = make()
        model.compile("sgd", "mse")
        shapes = model.input_shape if isinstance(model.input_shape, list) else [model.input_shape]
        inputs = [
            random.randint(0, 10, (4, 6)) if name == "Embedding" else random.normal(size=(4, *shape[1:]))
            for shape in shapes
        ]
        path = os.path.join(folder, name)
        model.save(path + ".h5")
        np.savez(path + ".npz", *(inputs + predict(model, inputs)))
        keras.backend.clear_session()


def read(folder):
    options = {} if keras.__version__ < "2" else {"compile": False}
    paths, same = sorted(glob.glob(os.path.join(folder, "*.h5"))), 0
    for path in paths:
        arrays = np.load(path[:-3] + ".npz")
        kept = [arrays["arr_%d" % number] for number in range(len(arrays.files))]
        try:
            model = keras.models.load_model(path, **options)
            given = kept[: len(model.inputs)]
            pairs = zip(predict(model, given), kept[len(given) :])  # noqa: B905, Python 3.7
            differences = [np.abs(now - then).max() for now, then in pairs]
            said = "" if max(differences) < 1e-5 else "differs by %g" % max(differences)
        except Exception as error:
            said = "%s: %s" % (type(error).__name__, str(error)[:90])
        same += not said
        if said:
            print(os.path.basename(path), said)
        keras.backend.clear_session()
    print("Keras %s reads %d of %d models with equal predictions" % (keras.__version__, same, len(paths)))


{"write": write, "read": read}[sys.argv[1]](sys.argv[2])
