"""The workers of one environment on this machine, and what it said of itself."""

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import EnvironmentUnusable
from harness.processes.facts import name_environment
from harness.processes.fork import ForkWorker, WorkerDied, can_fork
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step, Worker
from harness.processes.variables import Environment
from harness.results.run import RunEnvironment

MOST_OPEN = 4  # environments with TensorFlow imported at once, where memory allows
OPEN_BYTES = 450 * 2**20  # what importing TensorFlow takes
STEP_BYTES = 2**30  # kept free for the steps that are under way


@dataclass(frozen=True)
class Settings:
    """How every step of a run is carried out, wherever that is."""

    limits: Limits
    timing: bool = False
    spawn: bool = False
    note_side_effects: bool = False  # have every step note what it does beyond its folder
    modules: tuple[str, ...] = ()  # what the steps will import besides TensorFlow
    most_open: int = MOST_OPEN
    run: str = ""  # names the run to processes elsewhere, which may carry out several at once

    @property
    def open_bytes(self) -> int:
        """What one environment takes: two processes where something is timed."""
        return OPEN_BYTES * (2 if self.timing else 1)


class WorkerPool:
    """The workers of one environment; on a GPU every step gets its own process.

    `name` is the environment as it was asked for, `environment` what that was found to be.
    TensorFlow's own choice of kernels is for what is timed: every other step is cheaper without,
    by a third of a timed run (docs/decisions/2026-11-25-what-timing-costs.md).
    """

    def __init__(self, name: str, environment: Environment, settings: Settings, work: Path) -> None:
        self.name, self.settings, self.work = name, settings, work
        self.environment = environment
        self.workers: dict[str, Worker] = {}
        self.opening = threading.Lock()
        self.described: RunEnvironment | None = None
        self.busy = 0  # steps under way

    def describe(self) -> RunEnvironment:
        """Import TensorFlow, unless that is done, and ask for versions and devices.

        Raises EnvironmentUnusable.
        """
        with self.opening:
            if self.described is None:
                if not self.workers:
                    self.start()
                facts, devices = self.workers["CPU"].describe(), self.workers["CPU"].list_devices()
                known = {each: getattr(facts, each) for each in facts.__struct_fields__}
                self.described = RunEnvironment(
                    **known,
                    name=name_environment(facts),
                    release=self.name,
                    devices=tuple(devices),
                )
        return self.described

    def start(self) -> None:
        """Make the workers; only the one for what is timed begins to import TensorFlow."""
        (self.work / "keras-home").mkdir(parents=True, exist_ok=True)  # a start before has failed
        portable = replace(self.environment, portable_kernels=True)
        timed = self.environment if self.settings.timing else portable
        self.workers = {"CPU": self.make_worker(portable), "GPU": SpawnWorker(timed, self.work)}
        if self.settings.timing:
            self.workers["timed"] = self.make_worker(timed)
            import_in_background(self.workers["timed"])

    def make_worker(self, environment: Environment) -> Worker:
        """Return a worker for steps on the CPU."""
        if can_fork() and not self.settings.spawn:
            return ForkWorker(environment, self.work, self.settings.modules)
        return SpawnWorker(environment, self.work, hide_gpu=True)

    def choose_worker(self, step: Step) -> Worker:
        """Return the worker that is to run a step."""
        if step.device.startswith("GPU"):
            return self.workers["GPU"]
        return self.workers["timed" if step.timing else "CPU"]

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()


def import_in_background(worker: Worker) -> None:
    """Let a worker that forks import TensorFlow; a failure shows where the worker is needed."""

    def begin(worker: ForkWorker) -> None:
        with suppress(EnvironmentUnusable, WorkerDied):
            worker.live_server()

    if isinstance(worker, ForkWorker):
        threading.Thread(target=begin, args=(worker,), daemon=True).start()
