"""An outcome: everything known about one path, as the JSON-ready dict that is kept and shown."""

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.catalog.expectations import Expectation
from harness.catalog.scenario import side_of
from harness.execution.plan import PathTask
from harness.processes.limits import StepEnd
from harness.verdicts.judge import find_verdict, refuse_reference
from harness.verdicts.statistics import Array, compare_weights, compute_statistics

LONGEST_OUTPUT = 64 * 1024  # bytes kept of what a step printed
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclass
class Outcome:
    """One path's outcome. `record` is what `--json` writes, `samples` nanoseconds per call.

    `predictions` are as the restored model gave them, for comparing two runs.
    """

    record: dict[str, Any]
    samples: Array | None = None
    output: str = ""
    predictions: Array | None = None


@dataclass(frozen=True)
class Arrays:
    """What a step wrote down: predictions, and weights in the model's order."""

    predictions: Array
    weights: list[Array] = field(default_factory=list)


def read_arrays(path: Path) -> Arrays:
    """Read the npz of a step; raises ValueError where it is damaged. Never unpickles."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = sorted(name for name in arrays.files if name.startswith("weight."))
            return Arrays(arrays["predictions"], [arrays[name] for name in names])
    except UNREADABLE as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error


def read_samples(path: Path) -> Array | None:
    """Return nanoseconds per call, None where nothing was timed; raises ValueError if damaged."""
    try:
        samples: Array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    return samples


def read_result(folder: Path) -> dict[str, Any]:
    """Return the step's own account of itself, or an empty dict where it left none."""
    try:
        result = json.loads((folder / "result.json").read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(result, dict):
        return {}
    error = result.get("error")
    named = isinstance(error, dict) and {"type", "message"} <= error.keys()
    return result if error is None or named else {}


def read_output(folder: Path) -> str:
    """Return the end of what the step printed."""
    try:
        with (folder / "output.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LONGEST_OUTPUT))
            return log.read().decode(errors="replace")
    except OSError:
        return ""


def describe_failure(end: StepEnd, folder: Path) -> tuple[str, dict[str, str]] | None:
    """Return (verdict, error) for a step that did not come to its end, else None."""
    if end.stopped_for == "timeout":
        return "timeout", {"type": "timeout", "message": "stopped at the time limit"}
    if end.stopped_for == "memory":
        return "crash", {"type": "memory", "message": "stopped at the memory limit"}
    if end.worker_died:
        return "crash", {"type": "signal", "message": "took its worker process down with it"}
    if end.signal:
        return "crash", {"type": "signal", "message": f"ended by signal {end.signal}"}
    result = read_result(folder)
    if result.get("error"):
        return "error", dict(result["error"])
    if end.exit or not result:
        return "crash", {"type": "exit", "message": f"left with exit code {end.exit}"}
    return None


def start_record(task: PathTask, expectation: Expectation) -> dict[str, Any]:
    """Return the outcome's identity and expectation; verdict and numbers still empty."""
    dose = task.scenario.dose if task.dose is not None else None
    return {
        "scenario": task.scenario.id,
        "family": task.scenario.family,
        "path": task.path,
        "side": side_of(task.path),
        "writer": task.writer,
        "reader": task.reader,
        "device": task.device,
        "seed": task.seed,
        "dose": task.dose,
        "dose_of": dose.of if dose else None,
        "own_dose": dose.own if dose else None,
        "default_seed": task.seed == task.scenario.seed,
        "source_sha256": task.scenario.source_hash,
        "verdict": None,
        "expected": expectation.verdict,
        "raises": expectation.raises,
        "declared_rate": list(expectation.rate),
        "judgement": None,
        "reference_sha256": None,
        "statistics": None,
        "timing": None,
        "cpu_ms": None,
        "artifact_bytes": None,
        "trespasses": [],
        "error": None,
    }


def fail(record: dict[str, Any], verdict: str, error: dict[str, str], output: str = "") -> Outcome:
    """Return the outcome of a path that gave no prediction."""
    return Outcome(record | {"verdict": verdict, "error": error}, output=output)


def conclude(
    task: PathTask, record: dict[str, Any], folder: Path, reference: Path, end: StepEnd
) -> Outcome:
    """Read what a restore step left in `folder` and compare it with the `reference` npz."""
    output = read_output(folder)
    result = read_result(folder)
    record["cpu_ms"] = {**record["cpu_ms"], "restore": result.get("cpu_ms")}
    record["trespasses"] = [*record["trespasses"], *result.get("trespasses", ())]
    failure = describe_failure(end, folder)
    if failure:
        return fail(record, *failure, output)
    try:
        restored, saved = read_arrays(folder / "predictions.npz"), read_arrays(reference)
        samples = read_samples(folder / "samples.npy")
    except ValueError as error:
        return fail(record, "error", {"type": "UnreadableResult", "message": str(error)}, output)
    alarm = task.scenario.declared.get("alarm")
    if alarm and side_of(task.path) == "healthy" and alarm not in output:
        missing = f"the alarm {alarm!r} is not in what the step printed"
        return fail(record, "error", {"type": "AlarmSilent", "message": missing}, output)
    allow_constant = bool(task.scenario.declared.get("allow_constant_reference"))
    refused = refuse_reference(saved.predictions, allow_constant)
    if refused:
        return fail(record, "error", {"type": "ReferenceRefused", "message": refused}, output)
    record["verdict"] = find_verdict(restored.predictions, saved.predictions, task.device)
    if restored.predictions.dtype.kind in "fiub" and saved.predictions.dtype.kind in "fiub":
        record["statistics"] = compute_statistics(restored.predictions, saved.predictions)
        record["statistics"]["weights"] = compare_weights(restored.weights, saved.weights)
    record["timing"] = result.get("timing")
    record["reference_sha256"] = hash_array(saved.predictions)
    return Outcome(record, samples, output, restored.predictions)


def hash_array(values: Array) -> str:
    """Return the sha256 of an array's numbers, shape and dtype: is it the same model's answer?"""
    header = f"{values.dtype.str} {values.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(values).tobytes()).hexdigest()
