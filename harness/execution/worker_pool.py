"""The workers of one environment on this machine, and what it said of itself."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from harness.processes.facts import name_environment
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Worker
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


class WorkerPool:
    """The workers of one environment, by device kind; on a GPU every step gets its own process.

    `name` is the environment as it was asked for, `environment` what that was found to be.
    """

    def __init__(self, name: str, environment: Environment, settings: Settings, work: Path) -> None:
        self.name, self.settings, self.work = name, settings, work
        # TensorFlow's own choice of kernels is what may be timed.
        self.environment = replace(environment, portable_kernels=not settings.timing)
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
        """Make the workers; none of them imports anything yet."""
        (self.work / "keras-home").mkdir(parents=True, exist_ok=True)  # a start before has failed
        if can_fork() and not self.settings.spawn:
            cpu: Worker = ForkWorker(self.environment, self.work, self.settings.modules)
        else:
            cpu = SpawnWorker(self.environment, self.work, hide_gpu=True)
        self.workers = {"CPU": cpu, "GPU": SpawnWorker(self.environment, self.work)}

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()
