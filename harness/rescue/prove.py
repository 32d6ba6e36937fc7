"""The proof of a rescue: the old file in its release and the new file in the target, compared."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from harness.origin.answer import LayerWeights
from harness.origin.predictions import compare_arrays
from harness.origin.restore import RestoredModel
from harness.verdicts.statistics import Array


@dataclass(frozen=True)
class OutputProof:
    """One output of both models: its name, what it is like, how far the two are apart."""

    name: str
    kind: str
    same: bool
    said: str


@dataclass(frozen=True)
class Proof:
    """What was compared. `doubt`: why it proves nothing although nothing differs, else ""."""

    outputs: list[OutputProof]
    rows: int
    same_weights: int
    weights: int
    problem: str = ""
    doubt: str = ""

    @property
    def holds(self) -> bool:
        """Return whether the new file is proven to predict as the old one."""
        return not self.problem and not self.doubt and all(each.same for each in self.outputs)


def prove(old: RestoredModel, new: RestoredModel, given: bool) -> Proof:
    """Compare two restores with the same inputs; `given`: the inputs are the user's."""
    outputs = []
    for position, (before, after) in enumerate(zip(old.predictions, new.predictions, strict=False)):
        described = old.outputs[position]
        dtype = old.computes_in or described.dtype
        same, said = compare_arrays([after], [before], [dtype])
        said += f", computed in {dtype}" if old.computes_in else ""
        outputs.append(OutputProof(described.name, old.findings()[position], same, said))
    problem = new.error
    if not problem and len(old.predictions) != len(new.predictions):
        problem = "the number of outputs differs"
    if not problem and not outputs:
        problem = "there is no output to compare"
    if not problem and new.plain_error:
        problem = f"plain load_model says {new.plain_error}"
    kinds = {each.kind for each in outputs}
    doubt = ""
    if kinds - {"varies"} and not (given and not kinds & {"empty", "nan"}):
        told = " or ".join(sorted(kinds - {"varies"}))
        doubt = f"an output is {told} for these inputs, which proves nothing"
    kept, total = count_same_weights(old.layers, new.layers)
    return Proof(outputs, old.rows, kept, total, problem, doubt)


def count_same_weights(old: list[LayerWeights], new: list[LayerWeights]) -> tuple[int, int]:
    """Return how many of the old arrays the new model holds, bit for bit, and how many there are.

    Arrays are compared wherever they stand, since a repair may rename layers.
    """
    before = Counter(make_key(array) for each in old for array in each.arrays)
    after = Counter(make_key(array) for each in new for array in each.arrays)
    return (before & after).total(), before.total()


def make_key(array: Array) -> tuple[tuple[int, ...], str, bytes]:
    """Return what two equal arrays have in common."""
    return array.shape, array.dtype.str, np.ascontiguousarray(array).tobytes()
