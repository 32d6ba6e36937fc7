"""The labelled cases of `diagnose --evaluate --load`, and which of them are tried."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from harness.diagnose.evaluation.corpus import (
    HEALTHY,
    HELD_OUT,
    IN_FILES,
    IN_INPUTS,
    IN_OUTPUTS,
    Spoil,
    SpoilOutputs,
)
from harness.diagnose.evaluation.corpus_files import Made
from harness.diagnose.evaluation.corpus_loaded import LOADED
from harness.diagnose.evaluation.corpus_models import Random
from harness.diagnose.evaluation.evaluate_cures import LACKING, UNFINISHED
from harness.diagnose.rules.input_changes import standardise
from harness.verdicts.statistics import Array

Outputs = list[Array]
Told = tuple[Array | None, Array | None]  # --expected and --predicted
WRITERS = ("this", "2.15")  # of Keras 3 and Keras 2
FAR = np.float32(1e4)  # times too large

OWN_LAYERS = """
import numpy as np
import tensorflow as tf

class Centred(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs - tf.reduce_mean(inputs, axis=0)

class Dropping(tf.keras.layers.Layer):
    def call(self, inputs):
        return tf.nn.dropout(inputs, 0.5)

class Hashed(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs * (hash("word") % 997 / 500.0 + 0.2)

class Forgetful(tf.keras.layers.Layer):
    def build(self, shape):
        self.state = np.random.normal(size=shape[-1]).astype("float32")
    def call(self, inputs):
        return inputs * self.state
"""
SHADOW = """
import tensorflow as tf

class Dense(tf.keras.layers.Dense):
    def call(self, inputs):
        return 3.0 * super().call(inputs)
"""


@dataclass(frozen=True)
class Trial:
    """A model and what its user has: `inputs`, unless nothing is `fed` by them.

    `calls`: what the session that saves the model predicts, one after the other; `tell` makes the
    expected and the predicted outputs of what these calls gave. `code`: the user's file, "" for
    none. `suffix`: the format, "" where any shows the fault.
    """

    layers: list[Made]
    inputs: Array
    calls: tuple[Array, ...] = ()
    tell: Callable[[Outputs], Told] = lambda _: (None, None)
    code: str = ""
    suffix: str = ""
    fed: bool = True


def take_both(found: Outputs) -> Told:
    """Return the first call as what is expected, the second as what is predicted."""
    return found[0], found[1]


Make = Callable[[Random, list[Made], Array], Trial | None]


@dataclass(frozen=True)
class LoadCase:
    """One case: its label, the cause that is to come first, and how it is made."""

    label: str
    architecture: str
    seed: int
    writer: str
    make: Make = field(compare=False)

    @property
    def held_out(self) -> bool:
        """Return whether nobody looks at this case while rules are written."""
        return self.seed % HELD_OUT == 0

    def build(self) -> Trial | None:
        """Return the trial; None where the architecture cannot have the fault."""
        made = [self.seed, sorted(LOADED).index(self.architecture), WRITERS.index(self.writer), 3]
        random = np.random.default_rng(made)
        return self.make(random, *LOADED[self.architecture](random))


def make_healthy(random: Random, layers: list[Made], inputs: Array) -> Trial:
    """Return a healthy model, with nothing beside it, with inputs, or with outputs that agree."""
    given = int(random.integers(3))
    if given < 2:
        return Trial(layers, inputs, fed=bool(given))
    return Trial(layers, inputs, (inputs,), lambda found: (found[0], found[0]))


def in_file(spoil: Spoil) -> Make:
    """Return what makes a case of a file that is spoiled."""

    def make(random: Random, layers: list[Made], inputs: Array) -> Trial | None:
        spoiled = spoil(random, layers)
        return None if spoiled is None else Trial(spoiled, inputs)

    return make


def from_inputs(change: SpoilOutputs, lacking: bool = False) -> Make:
    """Return what makes a case of inputs that are changed, or that lack a change."""

    def make(random: Random, layers: list[Made], inputs: Array) -> Trial | None:
        changed = change(random, inputs)
        if changed is None:
            return None
        pair = (changed, inputs) if lacking else (inputs, changed)
        return Trial(layers, inputs, pair, take_both)

    return make


def from_outputs(change: SpoilOutputs, lacking: bool = False) -> Make:
    """Return what makes a case of outputs that are changed, or that lack a change."""

    def make(random: Random, layers: list[Made], inputs: Array) -> Trial | None:
        def tell(found: Outputs) -> Told:
            changed = change(random, found[0])
            return (changed, found[0]) if lacking else (found[0], changed)

        return Trial(layers, inputs, (inputs,), tell)

    return make


def with_own(kind: str) -> Make:
    """Return what makes a case of a model with a layer of the user's before its last."""

    def make(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
        if any("dtype" in each.config or "stateful" in each.config for each in layers):
            return None
        own = Made(kind, {"name": "own"}, own=True)
        return Trial([*layers[:-1], own, layers[-1]], inputs, code=OWN_LAYERS)

    return make


def shadow(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
    """Return a model whose reader has another class under the name of a layer."""
    several = len([each for each in layers if each.kind == "Dense"]) > 1
    if not several or any("mask_zero" in each.config for each in layers):
        return None
    return Trial(layers, inputs, code=SHADOW, suffix=".h5")


def kill(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
    """Return a model whose first ReLU layer is far below zero."""
    at = next(
        (at for at, each in enumerate(layers[:-1]) if each.config.get("activation") == "relu"), None
    )
    if at is None:
        return None
    weights = layers[at].weights
    dead = replace(layers[at], weights=weights | {"bias": weights["bias"] - np.float32(1e4)})
    return Trial([*layers[:at], dead, *layers[at + 1 :]], inputs)


def saturate(random: Random, layers: list[Made], inputs: Array) -> Trial | None:
    """Return a model whose first layer ends in tanh or sigmoid, and gets far too large inputs."""
    first = layers[0]
    if first.kind != "Dense" or len(layers) < 2 or "dtype" in first.config:
        return None
    name, limit = [("tanh", 5.0), ("sigmoid", 9.3)][int(random.integers(2))]
    reached = np.abs(FAR * inputs @ first.weights["kernel"] + first.weights["bias"])
    curved = replace(first, config=first.config | {"activation": name})
    far = first.config["name"] != "codes" and (reached > limit).mean() > 0.995
    return Trial([curved, *layers[1:]], FAR * inputs) if far else None


def overflow(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
    """Return a model of float16 that gets numbers which float16 does not hold."""
    if layers[0].config.get("dtype") != "mixed_float16" or layers[0].kind == "Normalization":
        return None
    return Trial(layers, (1 + np.abs(inputs)) * np.float32(1e5))


def carry_on(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
    """Return a stateful model whose user predicts a second time."""
    if not layers[0].config.get("stateful"):
        return None
    return Trial(layers, inputs, (inputs, inputs), take_both)


def turn_round(expected_first: bool) -> Make:
    """Return what makes a case of outputs that no known change of the inputs explains."""

    def make(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
        if layers[0].kind == "Embedding" or "stateful" in layers[0].config:
            return None
        first, second = (0, 1) if expected_first else (1, 0)
        calls = inputs, -inputs
        return Trial(layers, inputs, calls, lambda found: (found[first], found[second]))

    return make


def leave_raw(random: Random, layers: list[Made], inputs: Array) -> Trial | None:  # noqa: ARG001
    """Return a model of standardised numbers that gets the raw ones."""
    ordinary = abs(float(inputs.mean())) < 0.5 and 0.5 < float(inputs.std()) < 2
    if not ordinary or "stateful" in layers[0].config:
        return None
    raw = (inputs * np.float32(40) + np.float32(200)).astype("float32")
    right = standardise(raw.astype(float)).astype("float32")
    return Trial(layers, raw, (right, raw), take_both)


FAULTS: tuple[tuple[str, Make], ...] = (
    *((label, in_file(each)) for label, each in IN_FILES.items() if "fp16" not in label),
    *((label, from_inputs(each)) for label, each in IN_INPUTS.items()),
    *((label, from_outputs(each)) for label, each in IN_OUTPUTS.items()),
    *((label, from_inputs(each, lacking=True)) for label, each in LACKING.items()),
    ("features-not-scaled", leave_raw),
    ("depends-on-the-batch", with_own("Centred")),
    ("training-mode-at-inference", with_own("Dropping")),
    ("vocabulary-from-a-set", with_own("Hashed")),
    ("variables-lost", with_own("Forgetful")),
    ("layer-computes-otherwise", shadow),
    ("dead-layer", kill),
    ("saturated-layer", saturate),
    ("layer-not-finite", overflow),
    ("stateful-rnn-residue", carry_on),
    ("restored-otherwise", turn_round(True)),
    ("inputs-lack-a-step", turn_round(False)),
)
CURABLE: tuple[tuple[str, Make], ...] = (
    *((label, from_inputs(each, lacking=True)) for label, each in LACKING.items()),
    *((label, from_outputs(each, lacking=True)) for label, each in UNFINISHED.items()),
    ("features-not-scaled", leave_raw),
    ("stateful-rnn-residue", carry_on),
)


def choose_load_cases(seeds: int, limit: int) -> list[LoadCase]:
    """Return at most `limit` cases, half of them healthy: all kinds in turn, from so many seeds."""
    kinds = [(HEALTHY, make_healthy, name, writer) for name in LOADED for writer in WRITERS]
    healthy = [
        [LoadCase(label, name, seed, writer, make) for seed in range(seeds)]
        for label, make, name, writer in kinds
    ]
    faulty = [list_cases(label, make, seeds) for label, make in FAULTS]
    return [*take_in_turn(healthy, (limit + 1) // 2), *take_in_turn(faulty, limit // 2)]


def choose_curable_cases(seeds: int, limit: int) -> list[LoadCase]:
    """Return at most `limit` cases whose cure `--prove` can carry out, all kinds in turn."""
    return take_in_turn([list_cases(label, make, seeds) for label, make in CURABLE], limit)


def list_cases(label: str, make: Make, seeds: int) -> list[LoadCase]:
    """Return the cases of one fault in an order that mixes architectures, seeds and writers."""
    cases = [
        LoadCase(label, name, seed, WRITERS[(seed + at) % 2], make)
        for seed in range(seeds)
        for at, name in enumerate(LOADED)
    ]
    order = np.random.default_rng(0).permutation(len(cases))
    return [cases[at] for at in order]


def take_in_turn(groups: Iterable[Iterable[LoadCase]], most: int) -> list[LoadCase]:
    """Return cases that can be built, one of each group after the other."""
    found: list[LoadCase] = []
    for row in zip_longest(*(filter_possible(each) for each in groups)):
        found += [each for each in row if each is not None]
        if len(found) >= most:
            break
    return found[:most]


def filter_possible(cases: Iterable[LoadCase]) -> Iterator[LoadCase]:
    """Yield the cases whose architecture can have the fault."""
    return (each for each in cases if each.build() is not None)
