"""A labelled corpus from seeds: healthy models and their faults, for `diagnose --evaluate`.

Every third seed is held out: rules are changed by what the others show, and judged by these.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from harness.diagnose.evaluation.corpus_files import Made, dense, draw_glorot
from harness.diagnose.evaluation.corpus_models import ARCHITECTURES, Random
from harness.diagnose.forward.activations import sigmoid, softmax
from harness.diagnose.rules.input_changes import standardise
from harness.verdicts.statistics import Array

Tier = Literal["file", "outputs", "inputs"]
HEALTHY = "healthy"
HELD_OUT = 3
Spoil = Callable[[Random, list[Made]], list[Made] | None]
SpoilOutputs = Callable[[Random, Array], Array | None]


@dataclass(frozen=True)
class Case:
    """One case: what is given to `diagnose`, and its label, the cause that is to come first.

    `tier`: the evidence. `spoil`: makes the file's layers, `spoil_outputs` what is predicted from
    what is expected, `spoil_inputs` what the model gets in place of its inputs.
    """

    label: str
    tier: Tier
    architecture: str
    seed: int
    spoil: Spoil | None = None
    spoil_outputs: SpoilOutputs | None = None
    spoil_inputs: SpoilOutputs | None = None

    @property
    def held_out(self) -> bool:
        """Return whether nobody looks at this case while rules are written."""
        return self.seed % HELD_OUT == 0

    @property
    def random(self) -> Random:
        """Return the generator of this case."""
        return np.random.default_rng([self.seed, sorted(ARCHITECTURES).index(self.architecture)])


def change(layers: list[Made], kind: str, **weights: Callable[[Array], Array]) -> list[Made] | None:
    """Return the layers with weights of the last layer of a kind changed; None if none is there."""
    places = [at for at, each in enumerate(layers) if each.kind == kind]
    if not places:
        return None
    layer = layers[places[-1]]
    changed = {name: make(layer.weights[name]) for name, make in weights.items()}
    done = [*layers]
    done[places[-1]] = replace(layer, weights=layer.weights | changed)
    return done


def draw_anew(random: Random, layers: list[Made]) -> list[Made] | None:
    """Return dense layers as their initializers draw them; None for other architectures."""
    if any(each.kind not in ("Dense", "Dropout") for each in layers):
        return None
    fresh = []
    for each in layers:
        if each.kind == "Dense":
            kernel = draw_glorot(random, *each.weights["kernel"].shape)
            weights = {"kernel": kernel, "bias": np.zeros(kernel.shape[1], "float32")}
            fresh.append(replace(each, weights=weights))
        else:
            fresh.append(each)
    return fresh


def break_number(random: Random, values: Array) -> Array:
    """Return an array with one number that is not finite."""
    broken = values.copy()
    broken.flat[int(random.integers(broken.size))] = random.choice([np.nan, np.inf])
    return broken


def end_in_softmax(random: Random, layers: list[Made]) -> list[Made]:
    """Return a network that ends in softmax over one unit."""
    rows = layers[-1].weights["kernel"].shape[0]
    return [*layers[:-1], dense("output", random.normal(size=(rows, 1)), [0.1], "softmax")]


def end_in_dead_relu(random: Random, layers: list[Made]) -> list[Made] | None:
    """Return a network whose ReLU output never gets a positive number."""
    before = layers[-2] if len(layers) > 1 else None
    if before is None or before.config.get("activation") not in ("relu", "sigmoid"):
        return None
    kernel = -np.abs(random.normal(size=(layers[-1].weights["kernel"].shape[0], 1)))
    return [*layers[:-1], dense("output", kernel, [-0.01], "relu")]


IN_FILES: dict[str, Spoil] = {
    "weights-not-finite": lambda random, layers: change(
        layers, "Dense", kernel=lambda values: break_number(random, values)
    ),
    "weights-all-zero": lambda random, layers: change(  # noqa: ARG005
        layers, "Dense", kernel=lambda values: values * 0
    ),
    "fp16-weight-underflow": lambda random, layers: change(  # noqa: ARG005
        layers, "Dense", kernel=lambda values: (values * 1e-7).astype("float16")
    ),
    "never-trained": draw_anew,
    "normalization-never-adapted": lambda random, layers: change(  # noqa: ARG005
        layers, "Normalization", mean=np.zeros_like, variance=np.ones_like
    ),
    "batch-statistics-at-default": lambda random, layers: change(  # noqa: ARG005
        layers, "BatchNormalization", moving_mean=np.zeros_like, moving_variance=np.ones_like
    ),
    "softmax-over-one-unit": end_in_softmax,
    "dead-output": end_in_dead_relu,
}


def of_classes(expected: Array) -> bool:
    """Return whether outputs are rows of probabilities."""
    several = expected.shape[1] > 1
    return bool(several and (expected >= 0).all() and np.allclose(expected.sum(1), 1, atol=1e-3))


def of_one_probability(expected: Array) -> bool:
    """Return whether outputs are one probability each."""
    return bool(expected.shape[1] == 1 and (expected > 0).all() and (expected < 1).all())


def drop_activation(random: Random, expected: Array) -> Array | None:  # noqa: ARG001
    if of_classes(expected):
        return np.log(np.maximum(expected, 1e-30)) + 1.5
    return np.log(expected / (1 - expected)) if of_one_probability(expected) else None


def double_activation(random: Random, expected: Array) -> Array | None:  # noqa: ARG001
    if of_classes(expected):
        return softmax(expected)
    return sigmoid(expected) if of_one_probability(expected) else None


def make_labels(random: Random, expected: Array) -> Array | None:  # noqa: ARG001
    if of_classes(expected) and len(np.unique(expected.argmax(1))) > 1:
        return np.asarray(expected.argmax(1))
    spread = expected.min() < 0.5 < expected.max()
    return (expected > 0.5).astype(int) if of_one_probability(expected) and spread else None


def scale_target(random: Random, expected: Array) -> Array | None:
    if of_classes(expected) or of_one_probability(expected):
        return None
    result: Array = expected * random.uniform(50, 999) + random.normal(size=expected.shape[1]) * 50
    return result


def turn_columns(random: Random, expected: Array) -> Array | None:
    if expected.shape[1] < 2:
        return None
    return np.roll(expected, int(random.integers(1, expected.shape[1])), axis=1)


def sort_as_text(random: Random, expected: Array) -> Array | None:  # noqa: ARG001
    columns = expected.shape[1]
    return expected[:, sorted(range(columns), key=str)] if columns > 10 else None


def shuffle(random: Random, expected: Array) -> Array:
    return random.permutation(expected)


def cut(random: Random, expected: Array) -> Array | None:  # noqa: ARG001
    several = len(np.unique(np.trunc(expected))) > 2
    return np.asarray(expected.astype(int)) if several or of_one_probability(expected) else None


def repeat_one(random: Random, expected: Array) -> Array:
    return np.asarray(expected * 0 + expected[int(random.integers(len(expected)))])


IN_OUTPUTS: dict[str, SpoilOutputs] = {
    "logits-read-as-probabilities": drop_activation,
    "activation-applied-twice": double_activation,
    "labels-for-probabilities": make_labels,
    "output-in-another-unit": scale_target,
    "output-columns-permuted": turn_columns,
    "class-names-sorted-otherwise": sort_as_text,
    "shuffled-while-predicting": shuffle,
    "probability-cast-to-int": cut,
    "scaler-fitted-on-one-row": repeat_one,
}


def only(kind: str, make: Callable[[Array], Array]) -> SpoilOutputs:
    """Return a change of inputs of one kind: images of 0..255 or of 0..1, tables or words."""

    def spoil(random: Random, inputs: Array) -> Array | None:  # noqa: ARG001
        large = float(np.abs(inputs).max()) > 2
        found = "words" if bool((inputs == np.trunc(inputs)).all()) else "table"
        if inputs.ndim == 4:
            found = "bytes" if large else "shares"
        return make(inputs) if kind in (found, "images" if inputs.ndim == 4 else found) else None

    return spoil


IN_INPUTS: dict[str, SpoilOutputs] = {
    "double-rescale": only("bytes", lambda each: each / 255),
    "missing-rescale-255": only("shares", lambda each: each * 255),
    "bgr-instead-of-rgb": only("images", lambda each: each[..., ::-1]),
    "dark-ink-on-white-paper": only("bytes", lambda each: 255 - each),
    "uint8-truncation": only("shares", lambda each: np.trunc(each * 1.0)),
    "scaler-refitted": only("table", lambda each: standardise(each.astype(float))),
    "index-offset-forgotten": only("words", lambda each: each + 3),
    "batch-never-filled": only("images", lambda each: each * 0),
}


def make_corpus(seeds: int) -> Iterator[Case]:
    """Yield the cases of so many seeds; one whose fault an architecture lacks is told later."""
    for seed in range(seeds):
        for architecture in ARCHITECTURES:
            for tier in ("file", "outputs", "inputs"):
                yield Case(HEALTHY, tier, architecture, seed)
            for label, spoil in IN_FILES.items():
                yield Case(label, "file", architecture, seed, spoil=spoil)
            for label, outputs in IN_OUTPUTS.items():
                yield Case(label, "outputs", architecture, seed, spoil_outputs=outputs)
            for label, inputs in IN_INPUTS.items():
                yield Case(label, "inputs", architecture, seed, spoil_inputs=inputs)


def add_rounding(random: Random, values: Array) -> Any:
    """Return outputs as another machine gives them: equal to six digits, float32."""
    if values.dtype.kind != "f":
        return values
    return (values * (1 + random.normal(size=values.shape) * 1e-7)).astype("float32")
