"""What one process is asked to do, and what came of it. Knows nothing of scenarios.

The request travels to `harness/worker` as one JSON object; the answer is a folder with
`result.json`, `output.log` and arrays.
"""

import json
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from harness.processes.answer_files import UnreadableAnswer, read_answer, read_end
from harness.processes.cage import Cage
from harness.processes.facts import Device, EnvironmentFacts
from harness.processes.limits import Limits, StepEnd

LONGEST_OUTPUT = 64 * 1024  # bytes kept of what a step printed
LARGEST_REPORT = 64 << 20
LIMITS_REACHED = {
    "memory": "stopped at the memory limit",
    "threads": "stopped because it started too many threads",
    "disk": "stopped because the disk filled up while it ran",
}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is asked for; `folder` is its own, and takes what it leaves."""

    kind: str
    folder: str


class Step(Request, frozen=True, kw_only=True):
    """Run `function` of the Python file `source`: fill `artifact`, or restore from it.

    A "save" writes the arrays of the live model to the npz file `reference`; a "restore" reads its
    inputs there. `seed` None: the process draws one that nobody else knows. `cores` None leaves the
    process where it is. `cage`: what the process may do, else None: whatever the user may.
    `stdout`: a file for what it prints, apart from what is logged.
    """

    kind: Literal["save", "restore"]
    source: str
    function: str
    artifact: str
    reference: str
    seed: int | None
    device: str = "CPU:0"
    dose: float | None = None
    timing: bool = False
    note_side_effects: bool = False
    cores: list[int] | None = None
    logical_cpus: int = 0  # tests: split the CPU into so many devices
    stdout: str = ""
    cage: Cage | None = None


class DeviceQuery(Request, frozen=True, kw_only=True):
    """Which devices does TensorFlow see with these GPUs visible? Answered in `devices.json`."""

    kind: str = "devices"
    cuda_visible_devices: str | None = None


class DeviceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a DeviceQuery; a process of its own also describes its environment."""

    devices: list[Device]
    environment: EnvironmentFacts | None = None


class ModelStep(Request, frozen=True, kw_only=True):
    """Restore a model that came without its code and predict (worker/restore_model.py).

    `keras_inside`: a SavedModel that Keras 2 can load as a model. `keras_alone`: the Keras that
    wrote it was a package of its own. `architecture`: the JSON that belongs to a file of weights.
    `code`: a Python file with the classes that `custom` names. `inputs`: an npz of inputs by name,
    which are taken. `cage`: what the process may do, else None: whatever the user may.
    """

    kind: str = "restore_model"
    model: str
    saved_model: bool
    keras_inside: bool
    keras_alone: bool
    architecture: str | None
    code: str | None
    custom: list[str]
    trusted: bool
    inputs: str | None
    rows: int
    seed: int
    cage: Cage | None
    describe: bool = False  # leave the configuration and the weights too
    prepare: bool = False  # change the copy where the release needs that to load it
    export: str | None = None  # a folder: write the Keras model there as a SavedModel too
    export_inputs: list[str] = []  # the names of its inputs there


class CureStep(ModelStep, frozen=True, kw_only=True):
    """Execute a cure on a model and predict before and after (worker/prove_cure.py).

    `cure` is Python. `loads`: the cure loads the model itself, and what plain load_model says is
    only noted before.
    """

    kind: str = "prove_cure"
    cure: str = ""
    loads: bool = False


class ObserveStep(ModelStep, frozen=True, kw_only=True):
    """Restore a model and look into it (worker/observe_model.py).

    `probes`: an npz of arrays, each of which stands in for the one input once.
    """

    kind: str = "observe_model"
    probes: str | None = None


class RebuildStep(Request, frozen=True, kw_only=True):
    """Write a model as a new file `target` (worker/rebuild_model.py).

    `model` is loaded as it is, unless there is a `config`: then the model is built from that, gets
    `weights` (an npz; `layers`: name of each layer and how many arrays it takes) and is compiled as
    `training` says. The other fields are those of ModelStep.
    """

    kind: str = "rebuild_model"
    model: str
    config: str | None = None
    training: str | None = None
    weights: str | None = None
    layers: list[tuple[str, int]] = []
    target: str
    code: str | None
    custom: list[str]
    trusted: bool
    cage: Cage | None


class SealStep(ModelStep, frozen=True, kw_only=True):
    """Seal a model with `inputs`, or compare it with its seal (worker/seal_model.py).

    `module`: the path of restorebench_seal.py. `inputs`, `expected`: npz files of arrays by name;
    without `inputs` the seal beside `model` is compared.
    """

    kind: str = "seal_model"
    module: str
    expected: str | None = None
    tolerance: float


class WriteModelsStep(Request, frozen=True, kw_only=True):
    """Write made models in this release (worker/write_models.py).

    `models`: the path of a JSON list of them. `code`: a Python file with classes that they need.
    """

    kind: str = "write_models"
    models: str
    code: str | None = None


class StepError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong in a step. `step` is "save" where a restore could not even begin."""

    type: str
    message: str
    traceback: str | None = None
    step: str | None = None


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Times of one restored model; milliseconds where the name says so.

    `calls` calls in steady state stand behind p50, p90 and p99; a quantile that they do not carry
    is None.
    """

    load_ms: float
    first_call_ms: float | None = None
    p50_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    calls: int = 0
    warm_up_calls: int = 0
    batch_rows: int = 0
    large_batch_rows: int | None = None
    large_batch_calls: int | None = None
    throughput_rows_per_second: float | None = None
    clock: str = "perf_counter_ns"
    memory_growth_bytes: int | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A step's own account of itself, `result.json`."""

    error: StepError | None  # required: a step that ends always says this
    rows: int = 0
    placement: list[str] = []
    timing: Timing | None = None
    side_effects: list[str] = []
    cpu_ms: float | None = None


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a step ended: "whole", or how it failed, with the reason.

    `output` is the end of what it printed, `cpu_ms` the CPU time it took after its start.
    """

    ended: Literal["whole", "error", "crash", "timeout"]
    error: StepError | None = None
    output: str = ""
    timing: Timing | None = None
    side_effects: tuple[str, ...] = ()
    cpu_ms: float | None = None


class SaysError(Protocol):
    """A step's account of itself that says how it failed, if it did."""

    @property
    def error(self) -> StepError | None: ...


class Worker(Protocol):
    """Starts processes in one environment: fork.py and spawn.py. Safe from several threads."""

    def describe(self) -> EnvironmentFacts: ...
    def list_devices(self) -> list[Device]: ...
    def run(self, request: Request, limits: Limits) -> StepEnd: ...
    def close(self) -> None: ...


def run_step(worker: Worker, step: Request, limits: Limits) -> StepResult:
    """Run a step in a process of its own; return how it ended and what it says of itself.

    Raises EnvironmentUnusable where the environment's interpreter or TensorFlow does not start.
    """
    end = worker.run(step, limits)
    return read_step_result(end, Path(step.folder))


def read_step_result(end: StepEnd, folder: Path) -> StepResult:
    """Return what a step left in `folder`, having ended so."""
    report = read_report(folder)
    ended, error = find_failure(end, report)
    found = report or Report(error=None)
    return StepResult(
        ended=ended,
        error=error,
        output=read_output(folder),
        timing=found.timing,
        side_effects=tuple(found.side_effects),
        cpu_ms=found.cpu_ms,
    )


def find_failure(
    end: StepEnd, report: SaysError | None
) -> tuple[Literal["whole", "error", "crash", "timeout"], StepError | None]:
    """Return how a step ended, and the reason where it did not come to its end."""
    if end.stopped_for == "timeout":
        return "timeout", StepError(type="timeout", message="stopped at the time limit")
    if end.stopped_for in LIMITS_REACHED:
        said = LIMITS_REACHED[end.stopped_for]
        return "crash", StepError(type=end.stopped_for, message=said)
    if end.worker_died:
        return "crash", StepError(type="signal", message="took its worker process down with it")
    if end.signal:
        return "crash", StepError(type="signal", message=f"ended by signal {end.signal}")
    if report is not None and report.error is not None:
        return "error", report.error
    if end.exit or report is None:
        return "crash", StepError(type="exit", message=f"left with exit code {end.exit}")
    return "whole", None


def read_report(folder: Path) -> Report | None:
    """Return the step's own account of itself, None where it left none that can be read."""
    try:
        answer = read_answer(folder / "result.json", LARGEST_REPORT)
        return msgspec.convert(json.loads(answer), Report)
    except (OSError, ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        return None


def read_output(folder: Path) -> str:
    """Return the end of what the step printed."""
    try:
        return read_end(folder / "output.log", LONGEST_OUTPUT).decode(errors="replace")
    except (OSError, UnreadableAnswer):
        return ""
