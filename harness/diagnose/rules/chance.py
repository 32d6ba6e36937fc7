"""What in a model can make two calls with the same inputs differ."""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.layer import Layer, Network
from harness.diagnose.rules.dead import MOST_RELATED
from harness.diagnose.rules.outputs import make_outputs, same
from harness.diagnose.rules.samples import drop_ones
from harness.diagnose.rules.weight import spell
from harness.verdicts.statistics import Array, correlate

RATES = ("rate", "dropout", "recurrent_dropout", "stddev")


def find_varying(network: Network, first: Array, second: Array) -> list[Finding]:
    """Speak where two predictions of the same inputs differ, and layers that may be the reason."""
    one, other = drop_ones(first), drop_ones(second)
    if {one.dtype.kind, other.dtype.kind} - set("fiub"):
        return []
    if one.shape != other.shape or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return []
    calls = make_outputs(one, other)
    if same(calls.wanted, calls.got, calls.limits):
        return []
    found = []
    if kept := [each.name for each in network.layers if each.config.get("stateful") is True]:
        said = f"two predictions of the same inputs differ, and {spell(kept)} keeps its state"
        found.append(make_finding("stateful-rnn-residue", 0.85, said))
    related = correlate(one.ravel(), other.ravel())
    unrelated = related is None or related < MOST_RELATED  # no dropout does that
    if not unrelated and (random := [each.name for each in network.layers if is_random(each)]):
        said = f"two predictions of the same inputs differ, and {spell(random)} draws at random"
        found.append(make_finding("training-mode-at-inference", 0.7, said))
    return found


def is_random(layer: Layer) -> bool:
    """Return whether a layer draws numbers while it trains."""
    rates = [layer.config.get(each) for each in RATES]
    return any(isinstance(each, int | float) and each > 0 for each in rates)
