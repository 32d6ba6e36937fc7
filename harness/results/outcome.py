"""An outcome: everything known about one path, as it is kept and shown."""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from harness.catalog.expectations import Expectation
from harness.catalog.scenario import Scenario, Side, side_of
from harness.processes.step import StepError, StepResult, Timing
from harness.results.sample import Sample, take_sample
from harness.verdicts.judge import Judgement, find_verdict, refuse_reference
from harness.verdicts.names import Verdict
from harness.verdicts.statistics import Array, Statistics, compare_weights, compute_statistics

# What numpy and zipfile raise for a damaged file, by the damage.
UNREADABLE_ARRAYS = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


class OutcomeKey(NamedTuple):
    """What tells an outcome from the others of its run; writer and reader are environments."""

    scenario: str
    path: str
    device: str
    seed: int
    dose: float | None
    writer: str
    reader: str


class CpuTime(msgspec.Struct, frozen=True):
    """CPU milliseconds of the two steps after their start; None where none was needed."""

    save: float | None = None
    restore: float | None = None


class Outcome(msgspec.Struct, kw_only=True):
    """What one path of one scenario gave in one run: one object of a result file.

    Identity: `scenario` to `source_sha256`. Declared: `expected` ("" where nothing is), `raises`,
    `declared_rate`. Measured: the others. Units and meanings: docs/reference/results.md.
    """

    scenario: str
    family: str = ""
    path: str
    side: Side
    writer: str
    reader: str
    device: str
    seed: int
    dose: float | None = None
    dose_of: str | None = None
    own_dose: float | None = None
    default_seed: bool
    source_sha256: str | None = None
    verdict: Verdict
    expected: Verdict | Literal[""]
    raises: str = ""
    declared_rate: tuple[float, float]
    judgement: Judgement | None
    reference_sha256: str | None = None
    statistics: Statistics | None
    sample: Sample | None = None
    timing: Timing | None
    cpu_ms: CpuTime | None = None
    artifact_bytes: int | None = None
    side_effects: list[str] = []
    error: StepError | None

    @property
    def key(self) -> OutcomeKey:
        return OutcomeKey(
            self.scenario, self.path, self.device, self.seed, self.dose, self.writer, self.reader
        )


@dataclass(frozen=True)
class Raw:
    """What a step left besides: nanoseconds per call, what it printed, what was predicted."""

    samples: Array | None = None
    output: str = ""
    predictions: Array | None = None


@dataclass(frozen=True)
class Measured:
    """What came of a restore, on whatever machine."""

    verdict: Verdict
    error: StepError | None = None
    statistics: Statistics | None = None
    sample: Sample | None = None
    timing: Timing | None = None
    reference_sha256: str | None = None
    cpu_ms: CpuTime | None = None
    artifact_bytes: int | None = None
    side_effects: tuple[str, ...] = ()
    raw: Raw = field(default_factory=Raw)


def make_outcome(
    scenario: Scenario, key: OutcomeKey, declared: Expectation, measured: Measured
) -> Outcome:
    """Return the outcome of a path, not judged yet."""
    dose = scenario.dose if key.dose is not None else None
    return Outcome(
        **key._asdict(),
        family=scenario.family,
        side=side_of(key.path),
        dose_of=dose.of if dose else None,
        own_dose=dose.own if dose else None,
        default_seed=key.seed == scenario.seed,
        source_sha256=scenario.source_hash,
        verdict=measured.verdict,
        expected=declared.verdict,
        raises=declared.raises,
        declared_rate=declared.rate,
        judgement=None,
        reference_sha256=measured.reference_sha256,
        statistics=measured.statistics,
        sample=measured.sample,
        timing=measured.timing,
        cpu_ms=measured.cpu_ms,
        artifact_bytes=measured.artifact_bytes,
        side_effects=list(measured.side_effects),
        error=measured.error,
    )


@dataclass(frozen=True)
class Arrays:
    """What a step wrote down: predictions, and weights in the model's order.

    `dtype` is what the predictions were where numpy does not know it: they are float32 here.
    """

    predictions: Array
    weights: list[Array] = field(default_factory=list)
    dtype: str = ""


def read_step_arrays(path: Path) -> Arrays:
    """Read the npz of a step; raises ValueError where it is damaged. Never unpickles."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = sorted(name for name in arrays.files if name.startswith("weight."))
            foreign = "predictions.dtype" in arrays.files
            return Arrays(
                arrays["predictions"],
                [arrays[name] for name in names],
                str(arrays["predictions.dtype"]) if foreign else "",
            )
    except UNREADABLE_ARRAYS as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error


def read_call_times(path: Path) -> Array | None:
    """Return nanoseconds per call, None where nothing was timed; raises ValueError if damaged."""
    try:
        samples: Array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        return None
    except UNREADABLE_ARRAYS as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    return samples


def measure_restore(
    result: StepResult, folder: Path, reference: Path, scenario: Scenario, path: str, device: str
) -> Measured:
    """Read what a restore step left in `folder` and compare it with the `reference` npz."""
    cpu_ms = CpuTime(restore=result.cpu_ms)

    def refuse(verdict: Verdict, error: StepError | None) -> Measured:
        return Measured(
            verdict,
            error,
            cpu_ms=cpu_ms,
            side_effects=result.side_effects,
            raw=Raw(output=result.output),
        )

    if result.ended != "whole":
        return refuse(result.ended, result.error)
    try:
        restored, saved = read_step_arrays(folder / "predictions.npz"), read_step_arrays(reference)
        samples = read_call_times(folder / "samples.npy")
    except ValueError as error:
        return refuse("error", StepError(type="UnreadableResult", message=str(error)))
    if scenario.alarm and side_of(path) == "healthy" and scenario.alarm not in result.output:
        missing = f"the alarm {scenario.alarm!r} is not in what the step printed"
        return refuse("error", StepError(type="AlarmSilent", message=missing))
    refused = refuse_reference(saved.predictions, scenario.allows_constant_reference)
    if refused:
        return refuse("error", StepError(type="ReferenceRefused", message=refused))
    statistics = None
    if restored.predictions.dtype.kind in "fiub" and saved.predictions.dtype.kind in "fiub":
        weights = compare_weights(restored.weights, saved.weights)
        dtypes = (restored.dtype, saved.dtype)
        statistics = compute_statistics(restored.predictions, saved.predictions, weights, dtypes)
    return Measured(
        find_verdict(restored.predictions, saved.predictions, device, saved.dtype),
        statistics=statistics,
        sample=take_sample(restored.predictions, saved.predictions),
        timing=result.timing,
        reference_sha256=hash_array(saved.predictions),
        cpu_ms=cpu_ms,
        side_effects=result.side_effects,
        raw=Raw(samples, result.output, restored.predictions),
    )


def hash_array(values: Array) -> str:
    """Return the sha256 of an array's numbers, shape and dtype: is it the same model's answer?"""
    header = f"{values.dtype.str} {values.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(values).tobytes()).hexdigest()
