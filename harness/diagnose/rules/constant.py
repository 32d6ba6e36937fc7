"""A file that gives one end for all rows, 0 or 1: for these inputs alone, or for any?"""

from collections.abc import Iterator, Sequence

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.run import predict
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.dead import is_certain, is_one_row, share_certain
from harness.diagnose.rules.input_changes import standardise
from harness.verdicts.statistics import Array

FEWEST_ROWS = 4
OPEN = 0.5  # share of outputs at an end below which a sigmoid is said to work
SCALE = "predictions = model.predict((inputs - mean_of_training) / std_of_training)"
ENDING = ("sigmoid", "softmax")


def find_constant(network: Network, inputs: Sequence[Array], own: Array) -> list[Finding]:
    """Speak where a ReLU gives 0 for all rows, or a sigmoid or softmax the same end for all."""
    if len(inputs) != 1 or inputs[0].dtype.kind not in "fiu":
        return []
    if not is_one_row(own.reshape(len(own), -1)):
        return []
    last = network.layers[-1].activation if network.layers else ""
    ends = (
        len(own) >= FEWEST_ROWS
        and last in ENDING
        and is_certain(own)
        and own.shape[-1:] != (1,) * (last == "softmax")
    )
    try:
        if ends:
            return [judge_ends(network, inputs[0], own)]
        return [] if own.any() or inputs[0].dtype.kind != "f" else [judge_zeros(network, inputs[0])]
    except CannotCompute:  # such as numbers of words, which are whole
        return []


def try_others(network: Network, values: Array) -> Iterator[tuple[str, Array]]:
    """Yield what a file gives for inputs that are not far from 0, and how they were made."""
    shape = np.shape(values)
    tried = {
        "standardised": standardise(np.asarray(values, np.float64)),
        "drawn at random": np.random.default_rng(0).normal(size=shape),
        "drawn from 0 to 1": np.random.default_rng(1).random(shape),
    }
    for words, each in tried.items():
        yield words, predict(network, [each])


def judge_zeros(network: Network, values: Array) -> Finding:
    """Return whether other inputs wake a ReLU that gives 0 for all rows."""
    words = []
    for said, given in try_others(network, values):
        words.append(said)
        if given.any():
            said = f"the file gives 0 for all {len(values)} rows, and not for inputs {said}"
            return make_finding("dead-relu-head", 0.5, said)
    said = f"the file gives 0 for all {len(values)} rows, and for as many {', '.join(words)}"
    return make_finding("dead-output", 0.85, said)


def judge_ends(network: Network, values: Array, own: Array) -> Finding:
    """Return whether other inputs lead a sigmoid or softmax away from its end."""
    head = network.layers[-1]
    low = not own.round().any()
    row = ", ".join(f"{each:.0f}" for each in own[0].ravel()[:6])
    said = f"the file gives {row} for all {len(own)} rows, out of a {head.activation}"
    reach = f"the inputs go up to {float(np.abs(values).max()):.4g}"
    words = []
    for named, given in try_others(network, values):
        words.append(named)
        if share_certain(given) < OPEN:
            high = "features-not-scaled" if values.ndim == 2 else "missing-rescale-255"
            cause = "sigmoid-underflow" if low else high
            said += f", and {given.min():.2g} to {given.max():.2g} for inputs {named}; {reach}"
            return make_finding(cause, 0.7, said, SCALE if values.ndim == 2 else "")
    bias = head.weights.get("bias")
    largest = "" if bias is None else f"; its bias is {float(bias.flat[np.abs(bias).argmax()]):.4g}"
    said += f", and for as many {', '.join(words)}{largest}"
    return make_finding("saturated-output", 0.85, said)
