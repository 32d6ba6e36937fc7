"""Recurrent layers of Keras in numpy.

Formulas and the order of gates: keras/src/layers/rnn (LSTM: input, forget, cell, output; GRU:
update, reset, new). Masked steps: the function `rnn` of keras/src/backend/tensorflow/rnn.py.
"""

from collections.abc import Callable

import numpy as np

from harness.diagnose.forward.call import (
    Call,
    CannotCompute,
    Mask,
    Value,
    find_activation,
    iterate_values,
    make_inner,
    take,
    use_mask,
)
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

Step = Callable[[Array, list[Array]], list[Array]]  # an input and states: the new states
MOST_STEPS = 5000


def recur(call: Call) -> list[Value]:
    """Return the outputs of a recurrent layer: (rows, steps, features) or (rows, features), states.

    Raises CannotCompute for states that are kept between calls, and for weights that are not in the
    file.
    """
    layer, config, given = call.layer, call.layer.config, call.inputs[0]
    values = given.array
    if values.ndim != 3 or not 0 < values.shape[1] <= MOST_STEPS:
        raise CannotCompute(f"the steps of {call.name}")
    if config.get("time_major") or config.get("stateful"):
        raise CannotCompute(f"the states of {call.name}")
    mask = use_mask(given, call.name)
    if mask is not None and mask.ndim != 2:
        raise CannotCompute(f"the shape of the mask that reaches {call.name}")
    cell, sizes = make_cell(layer)
    states = start_states(call, sizes)
    order = list(range(values.shape[1]))
    if config.get("go_backwards"):
        order.reverse()
    outputs: list[Array] = []
    for at in order:
        new = cell(values[:, at], states)
        output = new[0]
        if mask is not None:
            kept = mask[:, at, None]
            before = outputs[-1] if outputs else np.zeros_like(output)
            if config.get("zero_output_for_mask"):
                before = np.zeros_like(output)
            output = np.where(kept, output, before)
            new = [np.where(kept, each, old) for each, old in zip(new, states, strict=True)]
        states = new
        outputs.append(output)
    every = bool(config.get("return_sequences"))
    result = [Value(np.stack(outputs, axis=1) if every else outputs[-1], mask if every else None)]
    return result + ([Value(each) for each in states] if config.get("return_state") else [])


def start_states(call: Call, sizes: list[int]) -> list[Array]:
    """Return the states that a call gives, zeros where it gives none."""
    given = list(iterate_values(call.keywords.get("initial_state"))) or call.inputs[1:]
    rows = len(call.inputs[0].array)
    if not given:
        return [np.zeros((rows, size)) for size in sizes]
    if [each.array.shape for each in given] != [(rows, size) for size in sizes]:
        raise CannotCompute(f"the states that {call.name} is given")
    return [each.array for each in given]


def make_cell(layer: Layer) -> tuple[Step, list[int]]:
    """Return one step of a layer, and the sizes of its states. The first state is the output."""
    kind = layer.class_name
    if kind == "RNN":
        inner = make_inner(layer, "cell", "cell/", "")
        kind = inner.class_name.removesuffix("Cell")
        if inner.class_name not in CELLS or inner.own:
            raise CannotCompute(f"the cell {plain(inner.class_name, 40)} of {layer.name}")
        layer = inner
    units = take(layer, "recurrent_kernel").shape[0]
    return STEPS[kind](layer), [units] * (2 if kind == "LSTM" else 1)


def make_simple(layer: Layer) -> Step:
    kernel, recurrent, bias = read_weights(layer)
    act = find_activation(layer, "activation", "tanh")
    return lambda given, states: [act(given @ kernel + bias + states[0] @ recurrent)]


def make_lstm(layer: Layer) -> Step:
    kernel, recurrent, bias = read_weights(layer)
    act = find_activation(layer, "activation", "tanh")
    gate = find_activation(layer, "recurrent_activation", "sigmoid")

    def step(given: Array, states: list[Array]) -> list[Array]:
        enter, forget, new, leave = np.split(
            given @ kernel + bias + states[0] @ recurrent, 4, axis=1
        )
        cell = gate(forget) * states[1] + gate(enter) * act(new)
        return [gate(leave) * act(cell), cell]

    return step


def make_gru(layer: Layer) -> Step:
    kernel, recurrent, bias = read_weights(layer)
    act = find_activation(layer, "activation", "tanh")
    gate = find_activation(layer, "recurrent_activation", "sigmoid")
    after = bool(layer.config.get("reset_after", bias.ndim == 2))
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
CELLS = {f"{name}Cell" for name in STEPS}


def read_weights(layer: Layer) -> tuple[Array, Array, Array]:
    """Return kernel, recurrent kernel, and bias; zeros where the layer has none."""
    kernel, recurrent = take(layer, "kernel"), take(layer, "recurrent_kernel")
    if not layer.config.get("use_bias", True):
        return kernel, recurrent, np.zeros(kernel.shape[1])
    return kernel, recurrent, take(layer, "bias")


def recur_both_ways(call: Call) -> list[Value]:
    """Return the outputs of Bidirectional: both directions, merged, then their states."""
    layer, config = call.layer, call.layer.config
    ahead = make_inner(layer, "layer", "forward_layer/", "forward")
    if isinstance(config.get("backward_layer"), dict):
        back = make_inner(layer, "backward_layer", "backward_layer/", "backward")
    else:
        back = make_inner(layer, "layer", "backward_layer/", "backward")
        back.config = back.config | {"go_backwards": not back.config.get("go_backwards")}
    if not {ahead.class_name, back.class_name} <= {*STEPS, "RNN"} or ahead.own or back.own:
        raise CannotCompute(f"what {call.name} wraps")
    for inner in (ahead, back):  # Bidirectional sees to that
        every = bool(inner.config.get("return_sequences"))
        inner.config = inner.config | {"zero_output_for_mask": every}
    states = list(iterate_values(call.keywords.get("initial_state"))) or call.inputs[1:]
    half = len(states) // 2
    parts = [
        recur(Call(inner, [call.inputs[0], *own], call.how))
        for inner, own in ((ahead, states[:half]), (back, states[half:]))
    ]
    first, second = parts[0][0].array, parts[1][0].array
    if ahead.config.get("return_sequences"):
        second = second[:, ::-1]
    mask: Mask = parts[0][0].mask
    kept = [each for part in parts for each in part[1:]]
    mode = config.get("merge_mode", "concat")
    if mode is None:
        return [Value(first, mask), Value(second, mask), *kept]
    if mode not in TOGETHER:
        raise CannotCompute(f"the merge_mode of {call.name}")
    return [Value(TOGETHER[mode](first, second), mask), *kept]


TOGETHER: dict[str, Callable[[Array, Array], Array]] = {
    "concat": lambda first, second: np.concatenate([first, second], axis=-1),
    "sum": np.add,
    "ave": lambda first, second: (first + second) / 2,
    "mul": np.multiply,
}
