"""Restore a model without its code in an environment's process, and describe its predictions."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.errors import EnvironmentUnusable, UsageError
from harness.formats.facts import SAVED_MODEL, plain
from harness.origin.answer import (
    UNREADABLE,
    LayerWeights,
    ModelInput,
    ModelOutput,
    read_arrays,
    read_model_report,
)
from harness.origin.hide import hide_folders
from harness.origin.model_copy import ARCHITECTURE, EXPORTED, copy_model
from harness.origin.predictions import compare_arrays, find_kind, take_form
from harness.origin.samples import order_samples
from harness.origin.who_wrote import Origin
from harness.processes.answer_files import UnreadableAnswer
from harness.processes.cage import find_obstacle, make_cage
from harness.processes.limits import Limits, StepEnd
from harness.processes.spawn import SpawnWorker
from harness.processes.step import ModelStep, Request, find_failure, read_output
from harness.processes.variables import Environment
from harness.verdicts.statistics import Array

ROWS, SEED = 16, 1
# A real model is larger than a scenario's.
LIMITS = Limits(seconds=300.0, memory_bytes=8 << 30, threads=4096, disk_bytes=8 << 30)
CAGE_FAILED = (70, 72)  # exit codes of a forked child, and of a process of its own


RunStep = Callable[[Environment, Request, Path, Limits], StepEnd]


@dataclass(frozen=True)
class RestoredModel:
    """The result of restoring; `error` is one sentence if restoring failed.

    `loaded`: the model came back, whatever it made of the inputs. `plain_error`: what load_model
    said with default arguments, where only compile=False loads.
    `signature`: by which a SavedModel was called, "" where it was called as a Keras model.
    `predictions`: one array for each output. `fed`: the inputs, by name. `explained`:
    short names of losses (such as mse) that Keras found only in a scope, with the long names.
    `layers`: the weights, where they were asked for; `undescribed`: why there is no configuration;
    `computes_in`: a dtype coarser than float32. `prepared`: what was changed in the copy.
    """

    error: str = ""
    inputs: list[ModelInput] = field(default_factory=list)
    outputs: list[ModelOutput] = field(default_factory=list)
    predictions: list[Array] = field(default_factory=list)
    fed: dict[str, Array] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    loaded: bool = False
    plain_error: str = ""
    signature: str = ""
    explained: dict[str, str] = field(default_factory=dict)
    layers: list[LayerWeights] = field(default_factory=list)
    undescribed: str = ""
    computes_in: str = ""
    prepared: list[str] = field(default_factory=list)

    @property
    def by_signature(self) -> bool:
        """Return whether a SavedModel was called by its signature, and not as a Keras model."""
        return bool(self.signature)

    def spell_versions(self) -> str:
        """Return the versions that were imported, in brackets."""
        if not self.versions:
            return ""
        return " (TensorFlow {tensorflow}, Keras {keras})".format_map(self.versions)

    @property
    def rows(self) -> int:
        """Return how many rows the model was given."""
        return next((len(each) for each in self.fed.values() if each.ndim), ROWS)

    def findings(self) -> list[str]:
        """Return what each output is like: nan, zeros, constant or varies."""
        return [find_kind(each) for each in self.predictions]

    def is_sound(self) -> bool:
        """Return whether the model was restored and every output varies with the inputs."""
        return not self.error and all(each == "varies" for each in self.findings())


def restore_model(
    environment: Environment,
    origin: Origin,
    work: Path,
    code: Path | None = None,
    trusted: bool = False,
    inputs: dict[str, Array] | None = None,
    describe: bool = False,
    prepare: bool = False,
    export_inputs: list[str] | None = None,
    limits: Limits = LIMITS,
    run: RunStep | None = None,
) -> RestoredModel:
    """Restore a copy of the model in `environment`, in a cage, and predict.

    `work` is a folder for this call only. `inputs` are those of another call, by name; without
    them they are drawn. With `describe` the weights are returned too, and the configuration is left
    in `work` as config.json, which nobody has read. With `prepare` the copy is changed where its
    release needs that. With `export_inputs`, names for its inputs, it is left in `work` as a
    SavedModel too. `code` runs in that process before anything is loaded, and nowhere else. `run`
    runs the step otherwise than run_shut_in.
    Raises EnvironmentUnusable if the interpreter does not start, and UsageError if the model cannot
    be copied, or if this machine has no cage and the file is not `trusted`.
    """
    step = msgspec.structs.replace(
        make_step(origin, work, code, trusted, inputs),
        describe=describe,
        prepare=prepare,
        export=str(work / EXPORTED) if export_inputs else None,
        export_inputs=export_inputs or [],
    )
    end = (run or run_shut_in)(environment, step, work, limits)
    return read_restored(end, work, lambda said: hide_folders(said, origin, step.model, work, code))


def make_step(
    origin: Origin,
    work: Path,
    code: Path | None,
    trusted: bool,
    inputs: dict[str, Array] | None,
    readable: Sequence[Path] = (),
) -> ModelStep:
    """Copy the model into `work`, and return the step that restores the copy in a cage.

    `readable`: files that the cage shows beside `code`. Raises UsageError if the model cannot be
    copied, or if this machine has no cage and the file is not `trusted`.
    """
    obstacle = find_obstacle()
    if obstacle and not trusted:
        raise refuse_without_cage(origin.path, obstacle)
    (work / "copy").mkdir(parents=True)
    model = copy_model(origin, work / "copy", trusted)
    return ModelStep(
        folder=str(work),
        model=str(model),
        saved_model=origin.format == SAVED_MODEL,
        # Without its own class a SavedModel is revived from its traces, and may predict wrongly.
        keras_inside=origin.keras is not None and (code is not None or not origin.custom),
        keras_alone=origin.keras_alone,
        architecture=str(work / "copy" / ARCHITECTURE) if origin.architecture else None,
        code=str(code.resolve()) if code else None,
        custom=list(origin.custom),
        trusted=trusted,
        inputs=write_inputs(inputs, work / "given.npz") if inputs else None,
        rows=ROWS,
        seed=SEED,
        cage=None if obstacle else make_cage(work, [*readable, *([code] if code else [])], LIMITS),
    )


def run_shut_in(
    environment: Environment, step: Request, work: Path, limits: Limits = LIMITS
) -> StepEnd:
    """Run a step that opens somebody's model, in a process with a home of its own.

    Raises EnvironmentUnusable if the interpreter does not start, or cannot be shut in its cage.
    """
    worker = SpawnWorker(environment, work, hide_gpu=True, bare=True)
    try:
        end = worker.run(step, limits)
    finally:
        worker.close()
    check_shut_in(end, environment, work)
    return end


def check_shut_in(end: StepEnd, environment: Environment, work: Path) -> None:
    """Raise EnvironmentUnusable where a process ended before it was shut in its cage."""
    if end.exit in CAGE_FAILED and not (work / "begun").exists():
        said = plain(read_output(work).strip().rpartition("\n")[2], 400)
        raise EnvironmentUnusable(
            f"{environment.interpreter} cannot be shut in a cage", said, "name another Python"
        )


def refuse_without_cage(path: Path, obstacle: str) -> UsageError:
    """Return the error for a model that is not restored because this machine has no cage."""
    return UsageError(
        f"{plain(path, 400)} was not restored: this machine has no cage for code in it",
        obstacle,
        "if you trust its author, add --trust; with --no-restore the release is only named",
    )


def write_inputs(inputs: dict[str, Array], path: Path) -> str:
    """Write inputs by name as the worker reads them; return the path."""
    arrays: dict[str, Any] = {f"{at:03d}": each for at, each in enumerate(inputs.values())}
    np.savez(path, names=np.array(list(inputs)), **arrays)
    return str(path)


def read_restored(
    end: StepEnd, work: Path, hide: Callable[[str], str] = lambda said: said
) -> RestoredModel:
    """Return what a process has made of the model, as far as its answer can be read.

    `hide` takes from its messages what others need not see.
    """
    report = read_model_report(work)
    if report is None and end == StepEnd(exit=0):
        return RestoredModel(UNREADABLE)
    versions = report.versions if report else {}
    _, error = find_failure(end, report)
    if error is not None or report is None:
        said = f"{error.type}: {find_innermost(hide(error.message))}" if error else UNREADABLE
        inputs, loaded = (report.inputs, report.loaded) if report else ([], False)
        return RestoredModel(said, inputs, versions=versions, loaded=loaded)
    try:
        predictions = read_arrays(work, "output", report.output_files)
        fed = read_arrays(work, "input", report.input_files)
        weights = iter(
            read_arrays(work, "weight", [each for one in report.weights for each in one.arrays])
        )
        if (len(predictions), len(fed)) != (len(report.outputs), len(report.inputs)):
            raise UnreadableAnswer("an array is missing")
    except (OSError, UnreadableAnswer) as failure:
        return RestoredModel(f"{UNREADABLE}: {plain(hide(f'{failure}'))}", versions=versions)
    return RestoredModel(
        inputs=report.inputs,
        outputs=report.outputs,
        predictions=predictions,
        fed={each.name: array for each, array in zip(report.inputs, fed, strict=True)},
        versions=versions,
        loaded=True,
        plain_error=find_innermost(hide(report.plain_error)),
        signature=report.signature,
        explained=report.explained,
        layers=[
            LayerWeights(plain(each.layer, 400), list(itertools.islice(weights, len(each.arrays))))
            for each in report.weights
        ],
        undescribed=find_innermost(hide(report.undescribed)),
        computes_in=report.computes_in,
        prepared=[*report.prepared],
    )


def find_innermost(message: str, most: int = 240) -> str:
    """Return an error message as one line: Keras' innermost message, without configs."""
    innermost = message.rpartition("Exception encountered: ")[2]
    line = " ".join(innermost.partition("Full object config")[0].split())
    return line if len(line) <= most else f"{line[: most // 2]} ... {line[-most // 2 :]}"


def compare_restored(here: RestoredModel, there: RestoredModel) -> tuple[bool, str]:
    """Return (equal, sentence) for two restores with the same inputs."""
    dtypes = [each.dtype for each in there.outputs]
    return compare_arrays(here.predictions, there.predictions, dtypes)


def compare_expected(there: RestoredModel, wanted: dict[str, Array]) -> tuple[bool, str]:
    """Return (equal, sentence) for a restored model and the predictions its user expects."""
    expected = order_samples(wanted, [each.name for each in there.outputs])
    if len(expected) == len(there.predictions):
        expected = list(map(take_form, expected, there.predictions))
    return compare_arrays(there.predictions, expected, [each.dtype for each in there.outputs])
