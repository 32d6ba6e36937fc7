"""Models that no learner has seen: saved now by the master's own save step, with a new seed."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.catalog.scenario import Scenario
from harness.course.exercises import BROKEN
from harness.errors import EnvironmentUnusable
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step, Worker, run_step
from harness.processes.variables import Environment
from harness.verdicts.statistics import Array

FEW = 8  # rows: fewer are never halved


@dataclass(frozen=True)
class UnseenModel:
    """`folder` holds `artifact/` and `inputs.npz`; `predictions` are those before saving."""

    folder: Path
    predictions: Array


def draw_rows(model: UnseenModel) -> UnseenModel:
    """Return the model with half of its inputs, drawn now, in their order.

    So a script that takes something from the whole batch, such as its mean, is found out. All rows
    stay where there are few, or where the predictions of the half would be the same for every row.
    """
    with np.load(model.folder / "inputs.npz") as arrays:
        given = {name: arrays[name] for name in arrays.files}
    number = len(model.predictions)
    if number < FEW or given["inputs"].shape[:1] != (number,):
        return model
    draw = np.random.default_rng(secrets.randbits(64))
    rows = np.sort(draw.choice(number, number // 2, replace=False))
    if (model.predictions[rows] == model.predictions[rows[0]]).all():
        return model
    np.savez(model.folder / "inputs.npz", **given | {"inputs": given["inputs"][rows]})
    return UnseenModel(model.folder, model.predictions[rows])


def make_worker(environment: Environment, work: Path) -> Worker:
    """Return the worker that saves models and runs learners' scripts; it forks where it can."""
    if can_fork():
        return ForkWorker(environment, work, bare=True)
    return SpawnWorker(environment, work, hide_gpu=True, bare=True)


def save_model(
    worker: Worker, scenario: Scenario, work: Path, path: str = BROKEN, seed: int | None = None
) -> UnseenModel:
    """Save a model for a path in the new folder `work`; its predictions stay on no disk.

    Without a seed the process that saves draws one. It is in no other process: one that runs a
    learner's script is forked from the same parent, and may search its own memory.

    Raises EnvironmentUnusable.
    """
    for name in ("artifact", "save"):
        (work / name).mkdir(parents=True)
    reference = work / "reference.npz"
    step = Step(
        kind="save",
        folder=str(work / "save"),
        source=str(scenario.file),
        function=scenario.save_for(path),
        artifact=str(work / "artifact"),
        reference=str(reference),
        seed=seed,
    )
    result = run_step(worker, step, Limits())
    if result.error is not None:
        said = f"{result.error.type}: {result.error.message}"
        raise EnvironmentUnusable(f"the model of {scenario.id} was not saved", said)
    with np.load(reference) as arrays:
        predictions = arrays["predictions"]
        inputs = {name: arrays[name] for name in arrays.files if name.startswith("inputs")}
    np.savez(work / "inputs.npz", **inputs)
    reference.unlink()
    return UnseenModel(work, predictions)
