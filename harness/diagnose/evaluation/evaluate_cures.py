"""How often does the cure that `diagnose` prints bring predictions back? Counted on made models.

Here the fault is in what the model gets, or gives: a step that training had is missing. The printed
code of the findings is executed, in their order, on the model's forward pass in numpy, as `--prove`
executes it in TensorFlow. Only code that is made here is executed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from harness.diagnose.__main__ import answer_file
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.evaluation.corpus import (
    HELD_OUT,
    SpoilOutputs,
    add_rounding,
    only,
    sort_as_text,
    turn_columns,
)
from harness.diagnose.evaluation.corpus_files import write_archive, write_h5
from harness.diagnose.evaluation.corpus_models import ARCHITECTURES, Random
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import Finding, rank
from harness.diagnose.forward.activations import sigmoid, softmax
from harness.diagnose.forward.run import predict
from harness.diagnose.load.stand_ins import STAND_INS
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.input_changes import MOST_FEATURES, standardise
from harness.diagnose.rules.samples import agree, compare_samples
from harness.formats.recognize import read_facts
from harness.verdicts.statistics import Array

MOST_TRIED = 3


@dataclass(frozen=True)
class CureCase:
    """One model, and what is missing: `inputs` from its inputs, or `outputs` from its outputs."""

    label: str
    architecture: str
    seed: int
    inputs: SpoilOutputs | None = None
    outputs: SpoilOutputs | None = None

    @property
    def held_out(self) -> bool:
        """Return whether nobody looks at this case while rules are written."""
        return self.seed % HELD_OUT == 0


def turn_features(random: Random, inputs: Array) -> Array | None:
    """Return a table of few columns with these in another order."""
    if inputs.ndim != 2 or inputs.shape[1] > MOST_FEATURES:
        return None
    return np.asarray(np.roll(inputs, int(random.integers(1, inputs.shape[1])), axis=1))


def scale_outputs(random: Random, outputs: Array) -> Array | None:
    """Return what is no probability in another unit."""
    if outputs.min() >= 0 and outputs.max() <= 1:
        return None
    result: Array = outputs * random.uniform(20, 900) + random.uniform(-500, 500)
    return result


def end_activation(random: Random, outputs: Array) -> Array | None:  # noqa: ARG001
    """Return probabilities for outputs that are none."""
    if outputs.min() >= 0 and outputs.max() <= 1:
        return None
    return softmax(outputs) if outputs.shape[1] > 1 else sigmoid(outputs)


def flip(random: Random, outputs: Array) -> Array | None:  # noqa: ARG001
    """Return the probability of the other of two classes."""
    single = outputs.shape[1] == 1 and outputs.min() >= 0 and outputs.max() <= 1
    return 1 - outputs if single else None


LACKING: dict[str, SpoilOutputs] = {
    "missing-rescale-255": only("bytes", lambda each: each / 255),
    "double-rescale": only("shares", lambda each: each * 255),
    "bgr-instead-of-rgb": only("images", lambda each: each[..., ::-1]),
    "dark-ink-on-white-paper": only("bytes", lambda each: 255 - each),
    "features-not-scaled": only("table", lambda each: standardise(each.astype(float))),
    "index-offset-forgotten": only("words", lambda each: each + 3),
    "columns-in-another-order": turn_features,
}
UNFINISHED: dict[str, SpoilOutputs] = {
    "logits-read-as-probabilities": end_activation,
    "output-in-another-unit": scale_outputs,
    "output-columns-permuted": turn_columns,
    "class-names-sorted-otherwise": sort_as_text,
    "class-order-flipped": flip,
}


def make_cure_cases(seeds: int) -> Iterator[CureCase]:
    """Yield the cases of so many seeds; some architectures lack what a fault needs."""
    for seed in range(seeds):
        for architecture in ARCHITECTURES:
            for label, spoil in LACKING.items():
                yield CureCase(label, architecture, seed, inputs=spoil)
            for label, spoil in UNFINISHED.items():
                yield CureCase(label, architecture, seed, outputs=spoil)


def try_cures(case: CureCase, folder: Path) -> bool | None:
    """Return whether a printed cure brings the expected outputs back; None: no such case."""
    random = np.random.default_rng([case.seed, sorted(ARCHITECTURES).index(case.architecture), 7])
    layers, inputs = ARCHITECTURES[case.architecture](random)
    if case.seed % 2:
        path = write_archive(folder / "model.keras", layers)
    else:
        path = write_h5(folder / "model.h5", layers, loss="mean_squared_error")
    network = read_network(read_facts(path))
    assert network is not None
    now = predict(network, [inputs])
    expected: Array | None = None
    if case.inputs and (right := case.inputs(random, inputs)) is not None:
        expected = predict(network, [right])
    if case.outputs:
        expected = case.outputs(random, now)
    if expected is None or np.ptp(expected, axis=0).max() < 1e-4 or agree(expected, now):
        return None
    expected, now = add_rounding(random, expected), add_rounding(random, now)
    samples = {"inputs": inputs, "expected": expected, "predicted": now}
    for name, values in samples.items():
        np.save(folder / f"{name}.npy", values)
    paths = Samples(**{name: str(folder / f"{name}.npy") for name in samples})
    found = [*answer_file(path, "", paths).findings, *compare_samples(expected, now).findings]
    curable = [each for each in rank(found) if not CAUSES[each.cause].by_hand]
    return cures(curable[:MOST_TRIED], lambda x: predict(network, [x]), inputs, now, expected)


def cures(
    findings: Sequence[Finding],
    model: Callable[[Array], Array],
    inputs: Array,
    now: Array,
    expected: Array,
) -> bool:
    """Return whether the code of a finding gives the expected outputs."""
    for finding in findings:
        try:
            after = execute(finding.fix, model, inputs, now)
        except Exception:  # a cure that fails is none
            continue
        if np.ndim(after) and agree(expected, np.asarray(after)):
            return True
    return False


def execute(fix: str, model: Callable[[Array], Array], inputs: Array, now: Array) -> Any:
    """Return the predictions that a printed cure leaves; it was made by our own rules."""
    as_tensor = {
        name: lambda values, function=function: SimpleNamespace(numpy=lambda: function(values))
        for name, function in (("softmax", softmax), ("sigmoid", sigmoid))
    }
    names: dict[str, Any] = {
        "np": np,
        "tf": SimpleNamespace(nn=SimpleNamespace(**as_tensor)),
        "model": SimpleNamespace(predict=model, predict_on_batch=model),
        "inputs": inputs,
        "images": inputs,
        "predictions": now,
    }
    lines = [f"{name} = {code}" for name, code in STAND_INS.items() if name in fix]
    exec("\n".join([*lines, fix]), names)
    return names.get("labels", names["predictions"])
