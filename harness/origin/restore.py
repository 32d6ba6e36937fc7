"""Restore a model without its code in an environment's process, and describe its predictions."""

import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from harness.formats.facts import HDF5_MODEL, KERAS_ARCHIVE, KERAS_FOLDER, SAVED_MODEL
from harness.origin.who_wrote import Origin
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import ModelStep, run_step
from harness.processes.variables import Environment
from harness.verdicts.statistics import Array
from harness.verdicts.tolerances import (
    ALIKE_WITHOUT_REFERENCE,
    SHARE_OF_LARGEST,
    ZERO_WITHOUT_REFERENCE,
)

ROWS, SEED = 16, 1
LIMITS = Limits(seconds=300.0, memory_bytes=8 << 30)  # a real model is larger than a scenario's
SUFFIXES = {KERAS_ARCHIVE: (".keras",), HDF5_MODEL: (".h5", ".hdf5", ".keras")}
NAMES = {KERAS_ARCHIVE: "model.keras", KERAS_FOLDER: "model.keras", HDF5_MODEL: "model.h5"}


class ModelOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor of the model; None is an unknown dimension or an unknown shape."""

    name: str
    shape: list[int | None] | None
    dtype: str


class ModelInput(ModelOutput, frozen=True, kw_only=True):
    """An input; `fed` describes the values given to it."""

    fed: str


class ModelReport(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/restore_model.py)."""

    by_signature: bool = False
    explained: dict[str, str] = {}
    inputs: list[ModelInput] = []
    outputs: list[ModelOutput] = []
    versions: dict[str, str | None] = {}


@dataclass(frozen=True)
class RestoredModel:
    """The result of restoring; `error` is one sentence if restoring failed.

    `predictions`: one array for each output. `explained`: short names of losses (such as mse) that
    Keras found only in a scope, with the long names.
    """

    error: str = ""
    inputs: list[ModelInput] = field(default_factory=list)
    outputs: list[ModelOutput] = field(default_factory=list)
    predictions: list[Array] = field(default_factory=list)
    inputs_file: Path | None = None
    versions: dict[str, str | None] = field(default_factory=dict)
    by_signature: bool = False
    explained: dict[str, str] = field(default_factory=dict)

    def spell_versions(self) -> str:
        """Return the versions that were imported, in brackets."""
        if not self.versions:
            return ""
        return " (TensorFlow {tensorflow}, Keras {keras})".format_map(self.versions)

    def findings(self) -> list[str]:
        """Return what each output is like: nan, zeros, constant or varies."""
        return [find_kind(each) for each in self.predictions]

    def is_sound(self) -> bool:
        """Return whether the model was restored and every output varies with the inputs."""
        return not self.error and all(each == "varies" for each in self.findings())


def make_loadable(origin: Origin, work: Path) -> Path:
    """Return a path that loaders accept: with a known suffix, and not an unpacked archive."""
    name = NAMES.get(origin.format)
    if origin.format == KERAS_FOLDER:
        packed = work / "model.keras"
        with zipfile.ZipFile(packed, "w") as archive:
            for member in ("metadata.json", "config.json", "model.weights.h5"):
                if (origin.path / member).is_file():
                    archive.write(origin.path / member, member)
        return packed
    if name and origin.path.suffix not in SUFFIXES[origin.format]:
        link = work / name
        link.symlink_to(origin.path)
        return link
    return origin.path


def restore_model(
    environment: Environment,
    model: Path,
    origin: Origin,
    work: Path,
    code: Path | None = None,
    trusted: bool = False,
    inputs: Path | None = None,
) -> RestoredModel:
    """Restore `model` in `environment` and predict; `work` is a folder for this call only.

    If `inputs` is the `inputs_file` of another call, the model gets the same inputs. `code` runs in
    that process before anything is loaded, and nowhere else. Raises EnvironmentUnusable if the
    interpreter does not start.
    """
    work.mkdir(parents=True)
    step = ModelStep(
        folder=str(work),
        model=os.path.abspath(model),
        saved_model=origin.format == SAVED_MODEL,
        keras_inside=origin.keras is not None,
        code=str(code.resolve()) if code else None,
        custom=list(origin.custom),
        trusted=trusted,
        inputs=str(inputs) if inputs else None,
        rows=ROWS,
        seed=SEED,
    )
    worker = SpawnWorker(environment, work, hide_gpu=True)
    try:
        result = run_step(worker, step, LIMITS)
    finally:
        worker.close()
    report = read_model_report(work)
    if result.error is not None:
        said = f"{result.error.type}: {find_innermost(result.error.message)}"
        return RestoredModel(said, versions=report.versions)
    try:
        with np.load(work / "predictions.npz", allow_pickle=False) as arrays:
            predictions = [arrays[name] for name in sorted(arrays.files) if name != "names"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        return RestoredModel(f"the process left no predictions: {error}", versions=report.versions)
    return RestoredModel(
        "",
        report.inputs,
        report.outputs,
        predictions,
        work / "inputs.npz",
        report.versions,
        report.by_signature,
        report.explained,
    )


def read_model_report(work: Path) -> ModelReport:
    """Return the content of the step's result file; empty if there is no readable file."""
    try:
        return msgspec.convert(json.loads((work / "result.json").read_bytes()), ModelReport)
    except (OSError, ValueError, RecursionError):
        return ModelReport()


def find_innermost(message: str, most: int = 240) -> str:
    """Return an error message as one line: Keras' innermost message, without configs."""
    innermost = message.rpartition("Exception encountered: ")[2]
    line = " ".join(innermost.partition("Full object config")[0].split())
    return line if len(line) <= most else f"{line[: most // 2]} ... {line[-most // 2 :]}"


def find_kind(array: Array) -> str:
    """Classify predictions: nan, zeros, constant (all rows equal) or varies.

    There is no reference, so the limits are strict. Zeros are values below 1e-12. Constant rows
    agree to a millionth of the largest value. Words always vary.
    """
    if array.dtype.kind not in "fiub":
        return "varies"
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        return "nan"
    largest = float(np.abs(values).max(initial=0.0))
    if largest < ZERO_WITHOUT_REFERENCE:
        return "zeros"
    spread = np.ptp(values, axis=0).max(initial=0.0) if len(values) > 1 else largest
    return "constant" if spread <= ALIKE_WITHOUT_REFERENCE * largest else "varies"


def describe_predictions(array: Array) -> str:
    """Return the statistics of one output, as they are printed."""
    if array.dtype.kind not in "fiub" or not array.size:
        return f"{array.size} values of dtype {array.dtype}"
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no finite value"
    zeros = 100.0 * float(np.mean(values == 0.0))
    extent = f"min {finite.min():.4g}, mean {finite.mean():.4g}, max {finite.max():.4g}"
    return f"{extent}, {zeros:.0f} % zeros"


def compare_restored(here: RestoredModel, there: RestoredModel) -> tuple[bool, str]:
    """Return (equal, sentence) for two restores with the same inputs."""
    if len(here.predictions) != len(there.predictions):
        return False, "the number of outputs differs"
    largest = 0.0
    for mine, theirs in zip(here.predictions, there.predictions, strict=True):
        if mine.shape != theirs.shape:
            return False, f"an output has shape {mine.shape} here and {theirs.shape} there"
        if mine.dtype.kind not in "fiub":
            if not np.array_equal(mine, theirs):
                return False, "the words it predicts differ"
            continue
        first, second = mine.astype(np.float64), theirs.astype(np.float64)
        if not np.array_equal(np.isfinite(first), np.isfinite(second)):
            return False, "NaN in other places"
        kept = np.isfinite(first)
        difference = float(np.abs(first[kept] - second[kept]).max(initial=0.0))
        scale = float(np.abs(second[kept]).max(initial=0.0))
        if difference > SHARE_OF_LARGEST * max(scale, 1e-30):
            return (
                False,
                f"the largest difference is {difference:.3g}, the values reach {scale:.3g}",
            )
        largest = max(largest, difference)
    return True, f"the largest difference is {largest:.1g}"
