"""What a model file says: made in a process with limits, and sent as JSON."""

import json
from pathlib import Path
from typing import Literal

import msgspec

from harness.diagnose.findings import Finding
from harness.errors import RestorebenchError, UsageError
from harness.formats.facts import Facts, plain
from harness.formats.reading import NotRead, refuse, run_reader

EXPORT = (
    'where it opens: np.savez("scaler.npz", mean=scaler.mean_, scale=scaler.scale_)'
    "\n       of a MinMaxScaler: min=scaler.data_min_, max=scaler.data_max_"
)
NOT_COMPARED = "there is nothing to compare its outputs with"
Computed = Literal["as expected", "as predicted", "as neither", "cannot"]


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of arrays: a `.npy`, or for inputs an `.npz` too; "" for none.

    `scaler`: the file of a scaler. `again`: what a second call predicted for the same inputs.
    """

    inputs: str = ""
    expected: str = ""
    predicted: str = ""
    scaler: str = ""
    again: str = ""


class OwnOutputs(msgspec.Struct, frozen=True, kw_only=True):
    """What the file itself gives for the first `rows` inputs, by a forward pass in numpy."""

    computed: Computed
    reason: str
    rows: int = 0
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


class ScalerNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """A scaler of training, one number for each column: as `scaler.Scaler`, which says what of."""

    kind: str
    center: list[float]
    divisor: list[float]
    low: list[float] | None
    high: list[float] | None
    to: tuple[float, float]
    rows: int
    names: tuple[str, ...]
    dangers: tuple[str, ...]
    of: int
    is_usual: bool


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A file's facts, its layers, a TF-Lite model's inputs and outputs, and what rules found.

    `unread`: why weights could not be read, "" where they were or where the file has none. `own`:
    what a forward pass gave, None where no inputs were given.
    `expectation`: what the first layer learned of its inputs, None where it keeps nothing of it.
    `scaler`: what its file holds, None where none was given; `no_scaler`: why it cannot be read.
    `rounding`: that predictions differ as far as weights of 8 bits explain, "" where they do not.
    """

    facts: Facts
    layers: list[LayerSummary]
    findings: list[Finding]
    tensors: list[TensorSummary] = []
    unread: str = ""
    own: OwnOutputs | None = None
    expectation: Expectation | None = None
    scaler: ScalerNumbers | None = None
    no_scaler: str = ""
    rounding: str = ""


class CannotRead(RestorebenchError):
    """There is a file, and no model in it can be read."""

    exit_code = 3


def read_file_answer(path: Path, reader: str = "", samples: Samples | None = None) -> FileAnswer:
    """Return what the model at `path` says; no code in the file is run.

    `reader`: a Keras version whose reading is foretold. `samples`: arrays that the model's own
    outputs are compared with; where computing takes too long, they are left out. Raises UsageError
    where nothing is there, and CannotRead where no model, or no scaler, can be read.
    """
    if not path.exists() and not path.with_name(path.name + ".index").exists():
        raise UsageError(f"there is no file {plain(path, 400)}", "", "name a model file or folder")
    given = msgspec.json.encode(samples or Samples()).decode()
    try:
        answer = run_reader("harness.diagnose", path, reader, given)
    except NotRead as error:
        if samples and samples.scaler and error.died:  # which of the two has ended the process?
            alone = msgspec.structs.replace(samples, scaler="")
            model = read_file_answer(path, reader, alone)
            return msgspec.structs.replace(model, scaler=read_scaler_file(Path(samples.scaler)))
        if not (samples and samples.inputs and error.died):
            raise refuse(path, error, CannotRead) from error
        own = OwnOutputs(computed="cannot", reason="computing the model here takes too long")
        return msgspec.structs.replace(read_file_answer(path, reader), own=own)
    said = decode(answer)
    if samples and said.no_scaler:
        raise refuse_scaler(Path(samples.scaler), said.no_scaler)
    return said


def read_scaler_file(path: Path) -> ScalerNumbers:
    """Return the scaler in a file, read in a process of its own; raises UsageError, CannotRead."""
    check_scaler(path)
    try:
        answer = run_reader("harness.diagnose.read_scaler", path)
    except NotRead as error:
        raise refuse_scaler(path, f"{error.found}\n{error.tip}".strip()) from error
    return msgspec.convert(json.loads(answer), ScalerNumbers)


def check_scaler(path: Path) -> None:
    """Raise UsageError where there is no file."""
    if not path.is_file():
        raise UsageError(f"there is no file {plain(path, 400)}", "", "--scaler needs a file")


def refuse_scaler(path: Path, said: str) -> CannotRead:
    """Return the error for a file without a readable scaler. `said`: why, and a tip behind it."""
    found, _, tip = said.partition("\n")
    return CannotRead(f"no scaler can be read in {plain(path.name)}", found, tip or EXPORT)


def encode(answer: msgspec.Struct) -> bytes:
    """Return an answer as JSON: of ASCII, since a path or a name in a file may be no Unicode."""
    return json.dumps(msgspec.to_builtins(answer)).encode()


def decode(text: bytes) -> FileAnswer:
    """Return the answer that `encode` wrote."""
    return msgspec.convert(json.loads(text), FileAnswer)
