"""Before anything is timed: the environments, the saved models, and what they must predict."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.bench.pairs import Opening, list_cores
from harness.bench.request import (
    BenchComparison,
    BenchRequest,
    BenchSide,
    hash_packages,
    refuse_one_twice,
    refuse_same_packages,
)
from harness.bench.workloads import Workload
from harness.catalog.load import Catalog
from harness.errors import EnvironmentUnusable, UsageError
from harness.execution.devices import choose_devices
from harness.execution.machine import Machine
from harness.execution.plan import Reader, SaveTask, make_plan
from harness.execution.scheduler import lay_out
from harness.execution.worker_pool import Settings
from harness.origin.samples import read_samples
from harness.origin.who_wrote import read_origin
from harness.processes.limits import Limits
from harness.processes.timed import TimedProcess, TimedProcessFailed
from harness.processes.variables import Environment
from harness.report.model_file import refuse_to_restore
from harness.results.run import RunEnvironment
from harness.verdicts.statistics import Array, tolerance_per_column


@dataclass
class Prepared:
    """What a comparison needs: environments, workloads ready to be opened, and why others are not.

    `failed`: a release could not even save its model.
    """

    comparison: BenchComparison
    environments: tuple[Environment, Environment]
    openings: list[Opening]
    failed: dict[str, str]


def prepare(
    names: tuple[str, str],
    workloads: Sequence[Workload],
    request: BenchRequest,
    catalog: Catalog,
    work: Path,
) -> Prepared:
    """Open both environments and have each save the scenarios' models.

    Raises UsageError where both names are one environment or the user's files cannot be used, and
    EnvironmentUnusable.
    """
    work.mkdir(parents=True, exist_ok=True)
    machine = Machine(work, Settings(Limits(request.time_limit)))
    try:
        a, b = (machine.resolve(name) for name in names)
        refuse_one_twice(names, (a, b))
        with ThreadPoolExecutor(2) as pool:
            described = list(pool.map(machine.describe, names))
        sides = [
            BenchSide(label=name, environment=facts, lock=hash_packages(environment, facts))
            for name, facts, environment in zip(names, described, (a, b), strict=True)
        ]
        refuse_same_packages(*sides)
        comparison = BenchComparison(
            a=sides[0],
            b=sides[1],
            workloads=[each.name for each in workloads],
            device=choose_device(request.device, described),
        )
        prepared = Prepared(comparison, (a, b), [], {})
        if request.model is None:
            save_scenarios(prepared, workloads, catalog, machine, work)
    finally:
        machine.close()
    work.mkdir(parents=True, exist_ok=True)
    if request.model is not None:
        open_own(prepared, workloads, request, work)
    return prepared


def choose_device(wanted: str, described: Sequence[RunEnvironment]) -> str:
    """Return the device that both environments see; raises EnvironmentUnusable without a GPU."""
    found = [choose_devices(wanted, each.devices)[0] for each in described]
    return found[0]


def save_scenarios(
    prepared: Prepared,
    workloads: Sequence[Workload],
    catalog: Catalog,
    machine: Machine,
    work: Path,
) -> None:
    """Have both releases save each scenario's model with the same seed; fill `prepared`.

    Each release restores the file that it saved itself, or the scenario's committed files. A
    scenario sets its weights from the seed, so both files hold the same model; what A predicted is
    demanded of both.
    """
    keep = work.parent / f"{work.name}-models"
    requests: dict[str, dict[str, dict[str, object]]] = {}
    for workload in workloads:
        if workload.scenario not in requests:
            obstacle, found = save_both(prepared, workload, catalog, machine, keep)
            if isinstance(obstacle, str):
                target = prepared.failed if found is None else prepared.comparison.skipped
                for each in workloads:
                    if each.scenario == workload.scenario:
                        target[each.name] = obstacle
                requests[workload.scenario] = {}
            else:
                requests[workload.scenario] = found or {}
        told = requests[workload.scenario]
        if told:
            by_side = {side: {**fields, "kind": workload.kind} for side, fields in told.items()}
            prepared.openings.append(Opening(workload, by_side))


def save_both(
    prepared: Prepared, workload: Workload, catalog: Catalog, machine: Machine, keep: Path
) -> tuple[str | None, dict[str, dict[str, object]] | None]:
    """Save one scenario in both releases.

    Returns (None, fields of the request by side), (why it is skipped, {}) or (what failed, None).
    """
    scenario = catalog.find(workload.scenario)
    fields: dict[str, dict[str, object]] = {}
    folders: dict[str, Path] = {}
    sides = {"a": prepared.comparison.a, "b": prepared.comparison.b}
    for side, of in sides.items():
        task = plan_save(workload, catalog, of.environment)
        if task.paths[0].skip:
            return f"{of.label}: {task.paths[0].skip}", {}
        if task.paths[0].declared.verdict != "match":
            return f"{of.label}: {workload.path} is not declared to match there", {}
        saved = lay_out(scenario) if task.committed else machine.save(task)
        if saved.bundle is None:
            error = saved.failed.error if saved.failed else None
            return f"{of.label}: {error.message if error else 'nothing was saved'}", None
        folder = keep / side / workload.scenario
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / "artifact", ignore_errors=True)
        saved.bundle.unpack(folder / "artifact", folder / "reference.npz")
        folders[side] = folder
        fields[side] = {
            "source": str(scenario.file.resolve()),
            "function": workload.path,
            "artifact": str(folder / "artifact"),
        }
    with np.load(folders["a"] / "reference.npz") as reference:
        expected = folders["a"] / "expected.npz"
        write_expected(expected, [reference["predictions"]])
    for told in fields.values():  # the same inputs for both
        told |= {"reference": str(folders["a"] / "reference.npz"), "expected": str(expected)}
    return None, fields


def plan_save(workload: Workload, catalog: Catalog, environment: RunEnvironment) -> SaveTask:
    """Return the save of a workload's scenario in one release, with its one path."""
    scenario = catalog.find(workload.scenario)
    reader = Reader(environment, ("CPU:0",))
    plan = make_plan([scenario], environment, [reader], paths=[workload.path])
    return plan[0]


def write_expected(path: Path, arrays: Sequence[Array]) -> None:
    """Write predictions with the tolerance of each number (verdicts/tolerances.py)."""
    kept: dict[str, Any] = {}
    for index, array in enumerate(arrays):
        tolerance = np.zeros(array.shape)
        if array.dtype.kind in "fiub":
            columns = tolerance_per_column(array)
            rows = len(array) if array.ndim else 1
            tolerance = np.broadcast_to(columns, (rows, len(columns))).reshape(array.shape)
        kept |= {f"{index:03d}": array, f"tolerance-{index:03d}": tolerance}
    np.savez(path, **kept)


def check_own(request: BenchRequest) -> None:
    """Raise UsageError for the user's model if it cannot be read, is incomplete or is unsafe."""
    if request.model is None:
        return
    model = Path(request.model)
    origin = read_origin(model)
    if origin.missing or (origin.dangers and not request.trust):
        raise refuse_to_restore(origin, model, "add --trust")


def open_own(
    prepared: Prepared, workloads: Sequence[Workload], request: BenchRequest, work: Path
) -> None:
    """Restore the user's model once in A: what it predicts there is demanded of both."""
    assert request.model is not None
    assert request.inputs is not None, "checked with the command line"
    samples = read_samples(Path(request.inputs), "--inputs")
    inputs = work / "inputs.npz"
    names = np.array(list(samples))
    arrays: dict[str, Any] = {f"{index:03d}": array for index, array in enumerate(samples.values())}
    np.savez(inputs, **arrays, names=names)
    fields: dict[str, object] = {
        "model": request.model,
        "code": request.code,
        "trusted": request.trust,
        "inputs": str(inputs),
    }
    expected = work / "expected.npz"
    folder = work / "reference"
    process = TimedProcess(
        prepared.environments[0], folder, list_cores()[0], 0, 0, hide_gpu=request.device == "cpu"
    )
    try:
        process.greet()
        told = {**fields, "do": "open", "kind": "path", "folder": str(folder), "seed": 0}
        told["device"] = prepared.comparison.device
        process.ask({**told, "expected": None}, request.time_limit)
    except TimedProcessFailed as error:
        label = prepared.comparison.a.label
        message = f"{request.model} cannot be used in {label}"
        tip = "name the file with its classes: --code FILE.py" if request.code is None else ""
        if str(error).startswith("it did not answer"):
            raise EnvironmentUnusable(message, str(error), "") from error
        raise UsageError(message, str(error), tip) from error
    finally:
        process.close()
    with np.load(folder / "predictions.npz") as predictions:
        write_expected(expected, [predictions[name] for name in sorted(predictions.files)])
    both = {"expected": str(expected), **fields}
    prepared.openings += [
        Opening(each, {side: {**both, "kind": each.kind} for side in "ab"}) for each in workloads
    ]
