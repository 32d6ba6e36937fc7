"""Classes that look like Keras' own to restorebench_seal.py, in numpy: no TensorFlow is needed."""

import numpy as np


class Variable:
    """A variable of Keras: a name, a shape, its numbers."""

    def __init__(self, name, values):
        self.name, self.values = name, np.asarray(values, np.float32)
        self.shape = self.values.shape

    def numpy(self):
        return self.values


class Layer:
    """Keras' Layer: calls `call`."""

    name = "layer"
    trainable_weights = non_trainable_weights = ()

    def __call__(self, inputs, **options):
        return self.call(inputs)


class Dense(Layer):
    """A matrix, a bias, an activation."""

    def __init__(self, name, kernel, bias, activation=None):
        self.name, self.activation = name, activation
        self.trainable_weights = [Variable("kernel", kernel), Variable("bias", bias)]

    @property
    def weights(self):
        return self.trainable_weights

    def call(self, inputs):
        kernel, bias = (each.values for each in self.trainable_weights)
        outputs = inputs @ kernel + bias
        return self.activation(outputs) if self.activation else outputs


class Scale(Layer):
    """A custom layer whose factor no weight holds."""

    def __init__(self, factor):
        self.name, self.factor = "scale", factor

    def call(self, inputs):
        return inputs * self.factor


class Model(Layer):
    """Layers one after the other."""

    def __init__(self, layers):
        self.name, self.layers = "model", layers

    @property
    def weights(self):
        return [each for layer in self.layers for each in getattr(layer, "weights", [])]

    def call(self, inputs):
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def predict_on_batch(self, inputs):
        return np.asarray(self.call(inputs), np.float32)


def make_model(factor=2.0, seed=0):
    """Return a model of four features and two outputs."""
    random = np.random.default_rng(seed)
    return Model(
        [
            Dense("first", random.normal(size=(4, 5)), random.normal(size=5)),
            Scale(factor),
            Dense("second", random.normal(size=(5, 2)), random.normal(size=2)),
        ]
    )


def make_inputs(rows=200):
    """Return inputs whose columns are unlike each other, float32."""
    random = np.random.default_rng(1)
    return (random.normal(size=(rows, 4)) * [1, 2, 3, 4] + [10, 30, -20, 70]).astype(np.float32)
