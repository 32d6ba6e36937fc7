"""Activations of Keras in numpy; formulas: keras/src/activations/activations.py."""

import math
from collections.abc import Callable

import numpy as np

from harness.verdicts.statistics import Array

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def sigmoid(values: Array) -> Array:
    """Return the logistic function of each value, without overflow."""
    result: Array = 0.5 * (1 + np.tanh(0.5 * values))
    return result


def softmax(values: Array) -> Array:
    """Return softmax over the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def log_softmax(values: Array) -> Array:
    """Return the logarithm of softmax over the last axis."""
    lowered = values - values.max(axis=-1, keepdims=True)
    result: Array = lowered - np.log(np.exp(lowered).sum(axis=-1, keepdims=True))
    return result


def elu(values: Array) -> Array:
    """Return the exponential linear unit, slope 1."""
    result: Array = np.where(values > 0, values, np.expm1(np.minimum(values, 0)))
    return result


def selu(values: Array) -> Array:
    """Return the scaled exponential linear unit."""
    negative = SELU_ALPHA * np.expm1(np.minimum(values, 0))
    result: Array = SELU_SCALE * np.where(values > 0, values, negative)
    return result


def gelu(values: Array) -> Array:
    """Return the Gaussian error linear unit, exact."""
    erf = np.vectorize(math.erf, otypes=[float])
    result: Array = 0.5 * values * (1 + erf(values / math.sqrt(2)))
    return result


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda values: values,
    "relu": lambda values: np.maximum(values, 0),
    "relu6": lambda values: np.clip(values, 0, 6),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softmax": softmax,
    "softplus": lambda values: np.logaddexp(values, 0),
    "softsign": lambda values: values / (1 + np.abs(values)),
    "exponential": np.exp,
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "leaky_relu": lambda values: np.where(values > 0, values, 0.2 * values),
    "log_softmax": log_softmax,
    "mish": lambda values: values * np.tanh(np.logaddexp(values, 0)),
    "swish": lambda values: values * sigmoid(values),
    "silu": lambda values: values * sigmoid(values),
}
