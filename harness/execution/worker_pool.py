"""The workers of one environment on this machine, and what it said of itself."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from harness.environments.resolve import open_environment
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits, StepEnd
from harness.processes.spawn import SpawnWorker
from harness.processes.variables import name_environment

MOST_OPEN = 4  # environments with TensorFlow imported at once, some 400 MB each


class Worker(Protocol):
    """What a station needs of a worker: harness/processes/fork.py and spawn.py."""

    def describe(self) -> dict[str, Any]: ...
    def list_devices(self) -> list[dict[str, Any]]: ...
    def run(self, step: dict[str, Any], limits: Limits) -> StepEnd: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Settings:
    """How every step of a run is carried out, wherever that is."""

    limits: Limits
    timing: bool = False
    spawn: bool = False
    witness: bool = False  # have every step note what it does beyond its folder
    modules: tuple[str, ...] = ()  # what the steps will import besides TensorFlow
    most_open: int = MOST_OPEN


@dataclass(frozen=True)
class Place:
    """An environment that was asked for as `spec`, as it described itself."""

    spec: str
    described: dict[str, Any]
    devices: list[dict[str, Any]]
    twin: bool = False  # another environment of the run has the same TensorFlow and Keras

    @property
    def name(self) -> str:
        """The name under which outcomes are kept, which no other environment of the run has."""
        name = name_environment(self.described)
        return f"{name} ({self.spec or 'this'})" if self.twin else name


class Team:
    """The workers of one environment, by device kind; on a GPU every step gets its own process."""

    def __init__(self, spec: str, settings: Settings, work: Path) -> None:
        self.spec, self.settings, self.work = spec, settings, work
        self.workers: dict[str, Worker] = {}
        self.opening = threading.Lock()
        self.place: Place | None = None
        self.busy = 0  # steps under way

    def describe(self) -> Place:
        """Open the environment and import TensorFlow, unless that is done.

        Raises EnvironmentUnusable. On a cluster it may be built here, which takes minutes.
        """
        with self.opening:
            if self.place is None:
                if not self.workers:
                    self.start()
                described = self.workers["CPU"].describe()
                self.place = Place(self.spec, described, self.workers["CPU"].list_devices())
        return self.place

    def start(self) -> None:
        """Make the workers; none of them imports anything yet."""
        (self.work / "keras-home").mkdir(parents=True)
        # TensorFlow's own choice of kernels is what may be timed.
        environment = replace(
            open_environment(self.spec), portable_kernels=not self.settings.timing
        )
        if can_fork() and not self.settings.spawn:
            cpu: Worker = ForkWorker(environment, self.work, self.settings.modules)
        else:
            cpu = SpawnWorker(environment, self.work, hide_gpu=True)
        self.workers = {"CPU": cpu, "GPU": SpawnWorker(environment, self.work)}

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()
