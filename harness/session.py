"""One run from request to last outcome: workers, devices, plan, executor, store."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from harness.errors import EnvironmentUnusable, UsageError
from harness.executor import Execution, Worker, disk_trouble
from harness.outcomes import Outcome
from harness.plan import OutcomeKey, count_paths, make_plan
from harness.scenario import Scenario
from harness.store import Store
from harness.workers.environment import Environment
from harness.workers.fork import ForkWorker
from harness.workers.limits import Limits
from harness.workers.spawn import SpawnWorker


@dataclass(frozen=True)
class Request:
    """What the user asked for; kept with the run, so that `--resume` can finish it."""

    scenarios: list[str]
    root: str
    device: str = "all"
    seeds: list[int] | None = None
    timing: bool = True
    spawn: bool = False
    interpreter: str = sys.executable
    legacy_keras: bool = False
    time_limit: float = Limits.seconds
    memory_limit_mb: int = Limits.memory_bytes // 2**20
    command: list[str] = field(default_factory=list)
    doses: bool = False
    witness: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Watcher:
    """What a run tells whoever shows it; the default shows nothing."""

    def begin(self, total: int) -> None: ...
    def start_step(self, step: str) -> None: ...
    def advance(self, outcome: Outcome) -> None: ...


def can_fork() -> bool:
    """Forking after importing TensorFlow was seen to work on Linux only (docs/decisions)."""
    return sys.platform == "linux"


def open_workers(request: Request, work: Path, modules: Iterable[str]) -> dict[str, Worker]:
    """Return the workers by device kind; on a GPU every step gets a process of its own.

    `modules` are what the steps will import besides TensorFlow.
    """
    environment = Environment(
        request.interpreter, request.legacy_keras, portable_kernels=not request.timing
    )
    if can_fork() and not request.spawn:
        cpu: Worker = ForkWorker(environment, work, modules)
    else:
        cpu = SpawnWorker(environment, work, hide_gpu=True)
    return {"CPU": cpu, "GPU": SpawnWorker(environment, work)}


def choose_devices(wanted: str, found: list[dict[str, Any]]) -> list[str]:
    """Return the devices to restore on; raises EnvironmentUnusable for a GPU that is not there."""
    gpus = [device["name"] for device in found if device["name"].startswith("GPU")]
    if wanted == "gpu" and not gpus:
        raise EnvironmentUnusable(
            "no GPU was found",
            "TensorFlow lists: " + ", ".join(device["name"] for device in found),
            "check the driver and TensorFlow's CUDA libraries (`run --device cpu` needs none)",
        )
    return {"cpu": ["CPU:0"], "gpu": gpus[:1], "all": ["CPU:0", *gpus[:1]]}[wanted]


def require_gpu(request: Request, store: Store) -> dict[str, Any]:
    """Return the first GPU TensorFlow sees; raises EnvironmentUnusable where there is none."""
    work = make_work_folder(store.path.parent, 0)
    worker = SpawnWorker(Environment(request.interpreter), work)
    try:
        found = worker.list_devices()
    finally:
        worker.close()
        shutil.rmtree(work, ignore_errors=True)
    name = choose_devices("gpu", found)[0]
    return next(device for device in found if device["name"] == name)


def make_work_folder(reports: Path, run: int) -> Path:
    """Return a fresh folder for artifacts and results; clears those of harnesses that have died."""
    folder = reports / "work"
    work = folder / f"run-{run}-{os.getpid()}"
    try:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("run-*-*"):
            owner = old.name.rsplit("-", 1)[1]
            if old == work or (owner.isdecimal() and not psutil.pid_exists(int(owner))):
                shutil.rmtree(old, ignore_errors=True)
        (work / "keras-home").mkdir(parents=True)
    except OSError as error:
        raise disk_trouble(reports, error) from error
    return work.resolve()


def identify(record: dict[str, Any]) -> OutcomeKey:
    """Return what tells an outcome from the others of its run."""
    return (
        record["scenario"], record["path"], record["device"], record["seed"], record.get("dose"),
    )  # fmt: skip


def check_same_reader(done: list[dict[str, Any]], reader: str) -> None:
    """Refuse to finish a run in another environment than the one that began it."""
    others = {record["reader"] for record in done} - {reader}
    if others:
        raise UsageError(
            f"the run was begun with {', '.join(sorted(others))}",
            f"the interpreter now has {reader}",
            "start a new run instead",
        )


def pin_threads(cores: list[int]) -> None:
    """Keep every thread of this process, the progress bar's too, on `cores` (Linux)."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.sched_setaffinity(int(thread), cores)


def perform(
    request: Request,
    scenarios: list[Scenario],
    store: Store,
    run: int,
    watcher: Watcher,
    done: list[dict[str, Any]],
    workers: Callable[[Request, Path, Iterable[str]], dict[str, Worker]] = open_workers,
) -> None:
    """Run what `done` (records) lacks of `request`; each outcome is committed as it arrives.

    Raises EnvironmentUnusable when TensorFlow, the disk or the database gives out; whatever was
    measured until then is kept.
    """
    work = make_work_folder(store.path.parent, run)
    limits = Limits(request.time_limit, request.memory_limit_mb * 2**20)
    modules = {module for scenario in scenarios for module in scenario.imports}
    team = workers(request, work, sorted(modules - {"numpy", "tensorflow"}))
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    try:
        found = team["CPU"].list_devices()
        devices = choose_devices(request.device, found)
        execution = Execution(
            team, work, limits, request.timing, watcher.start_step, request.witness
        )
        check_same_reader(done, execution.name)
        environment = {"name": execution.name, **execution.described, "devices": found}
        store.set_environments(run, [environment])
        finished = [identify(record) for record in done]
        plan = make_plan(scenarios, devices, request.seeds, finished, request.doses)
        watcher.begin(count_paths(plan))
        if request.timing and len(cores) > 1:  # our own threads stay off the core that is timed
            pin_threads(sorted(cores)[1:])
        for outcome in execution.run(plan):
            store.add(run, outcome)
            watcher.advance(outcome)
        store.finish(run)
    finally:
        for worker in team.values():
            worker.close()
        if cores:
            pin_threads(sorted(cores))
        shutil.rmtree(work, ignore_errors=True)
