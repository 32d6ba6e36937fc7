"""What a process that restored a model has left: typed, limited, and believed no further.

The process may have run code of the file. So its report and its arrays are read as what was asked
for, or not at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import numpy as np

from harness.formats.arrays import decode_array
from harness.formats.facts import plain
from harness.processes.answer_files import UnreadableAnswer, read_answer
from harness.processes.step import StepError
from harness.verdicts.statistics import Array

LARGEST_REPORT = 1 << 20  # bytes
LARGEST_ARRAYS = 4 << 30  # bytes of all inputs, or of all outputs
MOST_TENSORS = 1000
MOST_LAYERS = 20_000  # with weights
# Losses that Keras found only in a scope, worker/restore_model.py
LOSSES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # Keras 3 prints its messages bold
UNREADABLE = "the process gave no readable answer"


class CagedReport(msgspec.Struct, frozen=True, kw_only=True):
    """What every step that loads somebody's model says in its `result.json`.

    Elsewhere its subclasses name msgspec.Struct too, of which ruff knows that `= []` is no fault.
    """

    error: StepError | None
    versions: dict[str, str | None] = {}


Report = TypeVar("Report", bound=CagedReport)


class ModelOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor of the model; None is an unknown dimension or an unknown shape."""

    name: str
    shape: list[int | None] | None
    dtype: str


class ModelInput(ModelOutput, frozen=True, kw_only=True):
    """An input; `fed` describes the values given to it."""

    fed: str


class ArrayFile(msgspec.Struct, frozen=True, kw_only=True):
    """The shape and dtype of an array that lies in a file."""

    shape: list[int]
    dtype: str


Several = Annotated[list[ArrayFile], msgspec.Meta(max_length=MOST_TENSORS)]


@dataclass(frozen=True)
class LayerWeights:
    """The arrays of one layer; a layer of a nested model is named "nested/layer"."""

    layer: str
    arrays: list[Array]


class LayerArrays(msgspec.Struct, frozen=True, kw_only=True):
    """The arrays of one layer's weights: those that are trained, then the rest."""

    layer: str
    arrays: Annotated[list[ArrayFile], msgspec.Meta(max_length=MOST_TENSORS)]


class ModelReport(CagedReport, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/restore_model.py)."""

    loaded: bool = False
    plain_error: str = ""
    signature: str = ""
    explained: dict[str, str] = {}
    inputs: Annotated[list[ModelInput], msgspec.Meta(max_length=MOST_TENSORS)] = []
    outputs: Annotated[list[ModelOutput], msgspec.Meta(max_length=MOST_TENSORS)] = []
    input_files: Several = []
    output_files: Several = []
    weights: Annotated[list[LayerArrays], msgspec.Meta(max_length=MOST_LAYERS)] = []
    undescribed: str = ""
    computes_in: Literal["", "float16", "bfloat16"] = ""
    prepared: list[Literal["cudnn", "merge", "windows-names"]] = []


def read_caged_report(
    folder: Path, kind: type[Report], most: int = LARGEST_REPORT
) -> Report | None:
    """Return what a step says of itself, None where that is unreadable or longer than `most` bytes.

    Its error and its versions are safe to print; the rest is as the step wrote it.
    """
    try:
        report = msgspec.json.decode(read_answer(folder / "result.json", most), type=kind)
    except (OSError, ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        return None
    error = report.error
    if error is not None:
        error = StepError(type=plain(error.type), message=clean(error.message))
    versions = {name: spell_version(report.versions.get(name)) for name in ("tensorflow", "keras")}
    return msgspec.structs.replace(report, error=error, versions=versions)


def read_model_report(work: Path) -> ModelReport | None:
    """Return the content of the step's result file, None where it is not that.

    What is printed of it holds no control characters; what is printed as code is known.
    """
    report = read_caged_report(work, ModelReport)
    if report is None:
        return None
    return msgspec.structs.replace(
        report,
        plain_error=clean(report.plain_error),
        signature=plain(report.signature),
        undescribed=clean(report.undescribed),
        explained={name: long for name, long in LOSSES.items() if name in report.explained},
        inputs=[
            msgspec.structs.replace(
                each, name=plain(each.name), dtype=plain(each.dtype), fed=plain(each.fed)
            )
            for each in report.inputs
        ],
        outputs=[
            msgspec.structs.replace(each, name=plain(each.name), dtype=plain(each.dtype))
            for each in report.outputs
        ],
    )


def clean(message: str) -> str:
    """Return an error message as one line without colours and control characters."""
    said = " ".join(COLOURS.sub("", message).split())
    return plain(said, 10 * len(said))


def spell_version(version: str | None) -> str | None:
    """Return a version as it was reported; None where it does not look like one."""
    return version if version and re.fullmatch(r"\w[\w.+-]{0,60}", version) else None


def read_arrays(work: Path, kind: str, declared: Sequence[ArrayFile]) -> list[Array]:
    """Return the arrays `kind`-000.npy, ... of a step; raises UnreadableAnswer, or OSError."""
    left, arrays = LARGEST_ARRAYS, []
    for position, each in enumerate(declared):
        array = read_array(work / f"{kind}-{position:03d}.npy", each, left)
        left -= array.nbytes
        arrays.append(array)
    return arrays


def read_array(path: Path, declared: ArrayFile, most: int) -> Array:
    """Return the array of a `.npy` file, which must be as declared and hold no byte more.

    Nothing is unpickled. Raises UnreadableAnswer, or OSError.
    """
    content = read_answer(path, most)
    try:
        array, wanted = decode_array(content), np.dtype(declared.dtype)
    except (ValueError, TypeError, SyntaxError) as error:
        raise UnreadableAnswer(f"{path.name} {error}") from error
    if array.dtype != wanted or list(array.shape) != declared.shape:
        raise UnreadableAnswer(f"{path.name} is another array than was declared")
    return array
