"""What a model file says: made in a process with limits, and sent as JSON."""

import json
from pathlib import Path
from typing import Literal

import msgspec

from harness.diagnose.findings import Finding
from harness.errors import RestorebenchError, UsageError
from harness.formats.facts import Facts, plain
from harness.formats.reading import NotRead, refuse, run_reader

Computed = Literal["as expected", "as predicted", "as neither", "cannot"]


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of arrays: a `.npy`, or for inputs an `.npz` too; "" for none.

    `again`: what a second call predicted for the same inputs.
    """

    inputs: str = ""
    expected: str = ""
    predicted: str = ""
    again: str = ""


class OwnOutputs(msgspec.Struct, frozen=True, kw_only=True):
    """What the file itself gives for the inputs, by a forward pass in numpy."""

    computed: Computed
    reason: str
    findings: list[Finding] = []


class LayerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One layer with weights: how many numbers, their range, and which share of them is 0.

    `mean`, `deviation`: of the finite numbers, as the range; None where there are none.
    """

    name: str
    kind: str
    place: str
    count: int
    minimum: float | None
    maximum: float | None
    zeros: float
    mean: float | None = None
    deviation: float | None = None


class TensorSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An input or an output of a TF-Lite model. `shape`: as it is stored, mostly with one row.

    A real number is (q - `zero_point`) * `scale`; both are None where the tensor is not quantised.
    """

    role: Literal["input", "output"]
    name: str
    dtype: str
    shape: list[int]
    scale: float | None = None
    zero_point: int | None = None


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """Mean and variance for each column, as a layer of the class `kind` keeps them."""

    layer: str
    kind: str
    mean: list[float]
    variance: list[float]


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A file's facts, its layers, a TF-Lite model's inputs and outputs, and what rules found.

    `unread`: why weights could not be read, "" where they were or where the file has none. `own`:
    what a forward pass gave, None where no inputs were given.
    `expectation`: what the first layer learned of its inputs, None where it keeps nothing of it.
    """

    facts: Facts
    layers: list[LayerSummary]
    findings: list[Finding]
    tensors: list[TensorSummary] = []
    unread: str = ""
    own: OwnOutputs | None = None
    expectation: Expectation | None = None


class CannotRead(RestorebenchError):
    """There is a file, and no model in it can be read."""

    exit_code = 3


def read_file_answer(path: Path, reader: str = "", samples: Samples | None = None) -> FileAnswer:
    """Return what the model at `path` says; no code in the file is run.

    `reader`: a Keras version whose reading is foretold. `samples`: arrays that the model's own
    outputs are compared with; where computing takes too long, they are left out. Raises UsageError
    where nothing is there, and CannotRead where no model can be read.
    """
    if not path.exists() and not path.with_name(path.name + ".index").exists():
        raise UsageError(f"there is no file {plain(path, 400)}", "", "name a model file or folder")
    given = msgspec.json.encode(samples or Samples()).decode()
    try:
        answer = run_reader("harness.diagnose", path, reader, given)
    except NotRead as error:
        if not (samples and samples.inputs and error.died):
            raise refuse(path, error, CannotRead) from error
        own = OwnOutputs(computed="cannot", reason="computing the model here takes too long")
        return msgspec.structs.replace(read_file_answer(path, reader), own=own)
    return decode(answer)


def encode(answer: FileAnswer) -> bytes:
    """Return an answer as JSON: of ASCII, since a path or a name in a file may be no Unicode."""
    return json.dumps(msgspec.to_builtins(answer)).encode()


def decode(text: bytes) -> FileAnswer:
    """Return the answer that `encode` wrote."""
    return msgspec.convert(json.loads(text), FileAnswer)
