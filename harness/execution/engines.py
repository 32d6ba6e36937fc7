"""Where tasks are carried out: by this machine's threads, or by any `concurrent.futures.Executor`.

The plan, its order and its outcomes are the same. An executor elsewhere (a pool of processes, a
Dask cluster) must be able to import restorebench there; scenarios and artifacts travel with the
tasks, environments are built where they are needed.
"""

import atexit
import getpass
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from harness.errors import EnvironmentUnusable, RestorebenchError
from harness.execution.machine import Station, make_work_folder
from harness.execution.worker_pool import Settings

STATIONS: dict[Settings, Station] = {}  # of this process, where an executor has sent us tasks
MAKING = threading.Lock()


class Engine(Protocol):
    """What the executor of a plan needs."""

    width: int  # saves under way at once

    def submit(self, method: str, *arguments: Any) -> "Future[Any]":
        """Have a station call its `describe`, `save` or `restore`."""

    def prepare(self, devices: set[str]) -> None:
        """Learn on which devices the next plan restores."""

    def check(self) -> None:
        """Raise EnvironmentUnusable if whoever carries the tasks out has gone."""

    def close(self) -> None:
        """Take no more tasks, drop those that have not begun."""


class LocalEngine:
    """Threads drive the workers of this machine's station.

    Two lanes. Saves train models on the cores the timing lane leaves free; restores, which are
    timed, run one at a time on a core of their own. Without timing, one lane uses every core.
    """

    def __init__(self, station: Station) -> None:
        self.station, self.width = station, station.lanes.width
        self.pool = ThreadPoolExecutor(self.width)
        self.timed = self.pool

    def prepare(self, devices: set[str]) -> None:
        """Let a timed step make ready on another core while one before it is timed.

        Not on a GPU, where making ready is work for the device that is timed.
        """
        self.station.turns = self.station.lanes.timed is not None and devices <= {"CPU:0"}
        if self.station.settings.timing:
            if self.timed is not self.pool:
                self.timed.shutdown(wait=False)
            # Two make ready: while one is torn down, the other is there to be timed.
            self.timed = ThreadPoolExecutor(3 if self.station.turns else 1)

    def check(self) -> None:
        """This machine is here."""

    def submit(self, method: str, *arguments: Any) -> "Future[Any]":
        lane = self.timed if method == "restore" else self.pool
        return lane.submit(getattr(self.station, method), *arguments)

    def close(self) -> None:
        for lane in (self.pool, self.timed):
            lane.shutdown(wait=False, cancel_futures=True)


class RemoteEngine:
    """Any executor: each of its processes has a station of its own, made by its first task."""

    def __init__(
        self,
        executor: Executor,
        settings: Settings,
        width: int,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.executor, self.settings, self.width, self.check = executor, settings, width, check

    def submit(self, method: str, *arguments: Any) -> "Future[Any]":
        try:
            return self.executor.submit(call_station, self.settings, method, *arguments)
        except Exception as error:
            raise explain_loss(error) from error

    def prepare(self, devices: set[str]) -> None:
        """Nothing is timed there."""

    def close(self) -> None:
        """Leave the executor to whoever made it."""


def call_station(settings: Settings, method: str, *arguments: Any) -> Any:
    """Carry out a task in this process's station for these settings."""
    with MAKING:
        if settings not in STATIONS:
            base = Path(tempfile.gettempdir(), f"restorebench-{getpass.getuser()}")
            base.mkdir(mode=0o700, exist_ok=True)
            station = Station(make_work_folder(base, len(STATIONS)), settings)
            STATIONS[settings] = station
            atexit.register(station.close)
    return getattr(STATIONS[settings], method)(*arguments)


def explain_loss(error: Exception) -> RestorebenchError:
    """Return the error itself where it is a sentence, else that the executor has given out."""
    if isinstance(error, RestorebenchError):
        return error
    return EnvironmentUnusable(
        "whoever carries out the tasks has given out",
        f"{type(error).__name__}: {error}".rstrip(": "),
        "start it again, then: python -m harness run --resume",
    )


def close_stations() -> None:
    """End this process's stations: their workers and their folders."""
    with MAKING:
        while STATIONS:
            _, station = STATIONS.popitem()
            station.close()
