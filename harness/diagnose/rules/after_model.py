"""What the user's code does to a model's outputs before they are kept: both arrays have it.

Expected and predicted outputs are then no outputs of the file, and the file is not to blame.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.diagnose.forward.activations import sigmoid, softmax
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.run import predict
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.outputs import FEWEST_ROWS
from harness.diagnose.rules.samples import agree, drop_ones
from harness.diagnose.rules.surroundings import count_rows
from harness.verdicts.statistics import Array, as_columns

MOST_CLASSES = 1 << 12
Step = tuple[str, Callable[[Array], Array]]


def take_step(
    network: Network, inputs: Sequence[Array], expected: Array | None, predicted: Array | None
) -> tuple[Network, str]:
    """Return the network with the step behind it, and what the step is; "" where none is found.

    The step turns what the file gives into one of the arrays, and the other array looks alike.
    """
    if expected is None or predicted is None or not may_hold(network, expected, predicted):
        return network, ""
    if any(not each.ndim or each.dtype.kind not in "fiub" for each in inputs):
        return network, ""
    rows = count_rows(inputs)
    try:
        own = predict(network, [each[:rows] for each in inputs])
    except CannotCompute:
        return network, ""
    wanted, now = expected[: len(own)], predicted[: len(own)]
    if len(wanted) != len(own) or agree(wanted, own) or agree(now, own):
        return network, ""
    for said, step in iterate_steps(own, wanted, now):
        if agree(now, step(own)) or agree(wanted, step(own)):
            return replace(network, after=step), said
    for outputs in (now, wanted):
        fitted = fit_columns(own, outputs)
        if fitted and agree(outputs, fitted(own)):
            return replace(network, after=fitted), "a factor and an offset"
    return network, ""


def may_hold(network: Network, expected: Array, predicted: Array) -> bool:
    """Return whether both arrays look alike, and are not what the last layer gives."""
    last = network.layers[-1].activation if network.layers else "?"
    if not expected.ndim or not predicted.ndim:
        return False
    kinds = [each.dtype.kind for each in (expected, predicted)]
    labels = all(kind in "iub" for kind in kinds)
    if not (labels or (last == "linear" and kinds == ["f", "f"])):
        return False
    return drop_ones(expected).shape == drop_ones(predicted).shape


def iterate_steps(own: Array, expected: Array, predicted: Array) -> Iterator[Step]:
    """Yield what may stand behind a model that gives `own`."""
    many = own.ndim > 1 and 1 < own.shape[-1] <= MOST_CLASSES
    if predicted.dtype.kind in "iub":
        if many:
            yield "argmax", lambda given: given.argmax(axis=-1)
        yield "> 0.5", lambda given: (given > 0.5).astype(int)
        yield "> 0", lambda given: (given > 0).astype(int)
        return
    if all(each.min(initial=0) >= 0 and each.max(initial=0) <= 1 for each in (expected, predicted)):
        if many:
            yield "softmax", softmax
        yield "sigmoid", sigmoid
    if own.min(initial=0) < 0 <= min(expected.min(initial=0), predicted.min(initial=0)):
        yield "np.maximum with 0", lambda given: np.maximum(given, 0)
    yield "np.expm1", np.expm1
    yield "np.exp", np.exp


def fit_columns(own: Array, outputs: Array) -> Callable[[Array], Array] | None:
    """Return what gives each column a factor and an offset, as scalers of targets do.

    None where a column does not vary, or would change its sign.
    """
    given, wanted = drop_ones(own), drop_ones(outputs)
    if given.shape != wanted.shape or given.ndim > 2 or len(given) <= FEWEST_ROWS:
        return None
    one, other = as_columns(given), as_columns(wanted)
    centered = one - one.mean(axis=0)
    spread = (centered**2).mean(axis=0)
    if not (spread > 0).all():
        return None
    factors = (centered * (other - other.mean(axis=0))).mean(axis=0) / spread
    if not (factors > 0).all():
        return None
    offsets = other.mean(axis=0) - factors * one.mean(axis=0)

    def change(values: Array) -> Array:
        flat = drop_ones(values)
        changed: Array = as_columns(flat) * factors + offsets
        return changed.reshape(flat.shape)

    return change
