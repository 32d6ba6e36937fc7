"""Recurrent layers of Keras in numpy, without masks and from a state of zeros.

Formulas and the order of gates: keras/src/layers/rnn (LSTM: input, forget, cell, output; GRU:
update, reset, new).
"""

from collections.abc import Callable

import numpy as np

from harness.diagnose.activations import ACTIVATIONS
from harness.diagnose.forward_layers import CannotCompute, take
from harness.diagnose.network import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

Step = Callable[[Array, list[Array]], list[Array]]  # an input and states: the new states
MOST_STEPS = 5000


def recur(layer: Layer, values: Array) -> Array:
    """Return the outputs of a recurrent layer, shape (rows, steps, features) or (rows, features).

    Raises CannotCompute for a mask, for states that are given or kept, and for weights that are
    not in the file.
    """
    config = layer.config
    if values.ndim != 3 or values.shape[1] > MOST_STEPS:
        raise CannotCompute(f"the steps of {plain(layer.name, 40)}")
    if config.get("stateful") or config.get("time_major") or config.get("return_state"):
        raise CannotCompute(f"the states of {plain(layer.name, 40)}")
    step = STEPS[layer.class_name](layer)
    units = take(layer, "recurrent_kernel").shape[0]
    states = [np.zeros((len(values), units))] * (2 if layer.class_name == "LSTM" else 1)
    order = range(values.shape[1])
    outputs = []
    for at in reversed(order) if config.get("go_backwards") else order:
        states = step(values[:, at], states)
        outputs.append(states[0])
    if config.get("return_sequences"):
        return np.stack(outputs, axis=1)
    return outputs[-1]


def make_simple(layer: Layer) -> Step:
    kernel, recurrent, bias = read_weights(layer)
    act = find_activation(layer, "activation")
    return lambda given, states: [act(given @ kernel + bias + states[0] @ recurrent)]


def make_lstm(layer: Layer) -> Step:
    kernel, recurrent, bias = read_weights(layer)
    act, gate = find_activation(layer, "activation"), find_activation(layer, "recurrent_activation")

    def step(given: Array, states: list[Array]) -> list[Array]:
        enter, forget, new, leave = np.split(
            given @ kernel + bias + states[0] @ recurrent, 4, axis=1
        )
        cell = gate(forget) * states[1] + gate(enter) * act(new)
        return [gate(leave) * act(cell), cell]

    return step


def make_gru(layer: Layer) -> Step:
    kernel, recurrent, bias = read_weights(layer)
    act, gate = find_activation(layer, "activation"), find_activation(layer, "recurrent_activation")
    after = bool(layer.config.get("reset_after", True))
    first, second = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    units = recurrent.shape[0]

    def step(given: Array, states: list[Array]) -> list[Array]:
        fed, held = given @ kernel + first, states[0]
        kept = held @ recurrent[:, : 2 * units] + second[: 2 * units]
        update, reset = np.split(gate(fed[:, : 2 * units] + kept), 2, axis=1)
        own = recurrent[:, 2 * units :]
        if after:
            new = act(fed[:, 2 * units :] + reset * (held @ own + second[2 * units :]))
        else:
            new = act(fed[:, 2 * units :] + (reset * held) @ own)
        return [update * held + (1 - update) * new]

    return step


STEPS: dict[str, Callable[[Layer], Step]] = {
    "LSTM": make_lstm,
    "GRU": make_gru,
    "SimpleRNN": make_simple,
}


def read_weights(layer: Layer) -> tuple[Array, Array, Array]:
    """Return kernel, recurrent kernel, and bias; zeros where the layer has none."""
    kernel, recurrent = take(layer, "kernel"), take(layer, "recurrent_kernel")
    if not layer.config.get("use_bias", True):
        return kernel, recurrent, np.zeros(kernel.shape[1])
    return kernel, recurrent, take(layer, "bias")


def find_activation(layer: Layer, key: str) -> Callable[[Array], Array]:
    """Return an activation of a layer; raises CannotCompute for one that is not known here."""
    usual = "sigmoid" if key.startswith("recurrent") else "tanh"
    named = layer.config.get(key, usual)
    if isinstance(named, dict):
        named = named.get("config") if named.get("class_name") == "function" else "?"
    name = "linear" if named is None else named
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise CannotCompute(f"the activation {plain(name, 40)} of {plain(layer.name, 40)}")
    return ACTIVATIONS[name]
