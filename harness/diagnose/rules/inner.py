"""Rules that compare what inputs become inside the network with what BatchNormalization learned.

The moving mean and variance of a BatchNormalization are those of training. What reaches the layer
now must be like them, or the inputs are not those of training.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.run import trace
from harness.diagnose.network.layer import Layer, Network
from harness.diagnose.rules.input_changes import Change, iterate_changes
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

FEWEST = 16  # rows times places
FAR_MEAN, FAR_SPREAD = 4.0, 8.0  # deviations, and a factor: of half of the channels or more
NEAR_MEAN, NEAR_SPREAD = 1.0, 2.5
MUCH = 0.1  # of the distance is left
UNSETTLED = 0.5  # share of the statistics that is still their start
FORMS = ("missing-rescale-255", "double-rescale", "preprocess-input-wrong-module")


@dataclass(frozen=True)
class Distance:
    """How far a channel lies from what was learned, half of them farther.

    `mean`: in deviations of training. `spread`: the factor between the deviations, 1 or more.
    """

    mean: float
    spread: float

    @property
    def is_far(self) -> bool:
        return self.mean > FAR_MEAN or self.spread > FAR_SPREAD

    def is_much_nearer_than(self, other: "Distance") -> bool:
        """Return whether a tenth of a distance that was far is left, in mean and in spread."""
        mean = self.mean < max(MUCH * other.mean, NEAR_MEAN)
        return mean and self.spread < max(MUCH * other.spread, NEAR_SPREAD) and not self.is_far

    @property
    def is_near(self) -> bool:
        return self.mean < NEAR_MEAN and self.spread < NEAR_SPREAD


def find_unlike_training(network: Network, inputs: Sequence[Array]) -> Finding | None:
    """Speak where the first BatchNormalization gets other numbers than in training."""
    layer = find_normalization(network)
    if layer is None or len(inputs) != 1:
        return None
    values = np.asarray(inputs[0], np.float64)
    distance = measure_distance(network, layer, values)
    if distance is None or distance.is_near:
        return None
    start = measure_start(network, layer)
    forms = FORMS if start <= UNSETTLED else FORMS[:1]  # 255 is seen beside any statistics
    changes = [each for each in iterate_changes(values) if each.missing in forms]
    found = find_best(network, layer, values, changes, distance) if distance.is_far else None
    if start > UNSETTLED and found is None:
        said = (
            f"{plain(layer.name, 40)} took {network.optimizer.iterations} steps with momentum"
            f" {read_momentum(layer):g}: {start:.0%} of its moving mean and variance are still"
            f" their start, and a channel lies {spell(distance)} from them"
        )
        return make_finding("batch-statistics-unsettled", 0.75, said)
    if not distance.is_far:
        return None
    said = f"what reaches {plain(layer.name, 40)} lies {spell(distance)} from its moving statistics"
    if found is None:
        return make_finding("inputs-far-from-training", 0.65, said)
    change, after = found
    said += f"; for inputs {change.words} {spell(after)}"
    return make_finding(change.missing, 0.8, said, change.spell_cure(True))


def find_normalization(network: Network) -> Layer | None:
    """Return the first BatchNormalization, None where it keeps no statistics of training."""
    for layer in network.layers:
        if layer.class_name == "BatchNormalization":
            mean, variance = (layer.weights.get(f"moving_{each}") for each in ("mean", "variance"))
            if mean is None or variance is None:
                return None
            return layer if mean.any() or bool((variance != 1).any()) else None
    return None


def measure_distance(network: Network, layer: Layer, values: Array) -> Distance | None:
    """Return how far what reaches a layer lies from its statistics, None where nobody can tell."""
    given = trace(network, [values]).get(layer.name)
    if given is None or given.size // given.shape[-1] < FEWEST or not np.isfinite(given).all():
        return None
    gamma = np.asarray(layer.weights.get("gamma", np.ones(given.shape[-1])), np.float64)
    beta = np.asarray(layer.weights.get("beta", np.zeros(given.shape[-1])), np.float64)
    used = np.abs(gamma) > 1e-6
    if not used.any() or gamma.shape != given.shape[-1:]:
        return None
    standard = ((given - beta)[..., used] / gamma[used]).reshape(-1, int(used.sum()))
    spreads = np.abs(np.log(np.maximum(standard.std(axis=0), 1e-12)))
    mean = float(np.median(np.abs(standard.mean(axis=0))))
    return Distance(mean, float(np.exp(min(np.median(spreads), 50))))


def find_best(
    network: Network, layer: Layer, values: Array, changes: Sequence[Change], before: Distance
) -> tuple[Change, Distance] | None:
    """Return the change with which the layer gets what it learned; None where none comes near.

    Statistics of few steps are near nothing: there the change has to take most of the way.
    """
    tried = [(each, measure_distance(network, layer, each.make(values))) for each in changes]
    near = [
        (each, there)
        for each, there in tried
        if there is not None and (there.is_near or there.is_much_nearer_than(before))
    ]
    return min(near, key=lambda pair: pair[1].mean + np.log(pair[1].spread), default=None)


def measure_start(network: Network, layer: Layer) -> float:
    """Return the share of moving statistics that is still their start; 0 where nobody can tell."""
    steps = network.optimizer.iterations
    trained = layer.config.get("trainable", True)
    return float(read_momentum(layer) ** steps) if steps and trained else 0.0


def read_momentum(layer: Layer) -> float:
    """Return the momentum of a BatchNormalization."""
    momentum = layer.config.get("momentum", 0.99)
    return momentum if isinstance(momentum, int | float) and 0 <= momentum <= 1 else 0.99


def spell(distance: Distance) -> str:
    """Return a distance as it is said."""
    return f"{distance.mean:.1f} deviations off and {distance.spread:.1f} times as wide or narrow"
