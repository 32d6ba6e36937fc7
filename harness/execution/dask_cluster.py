"""A Dask cluster carries out the plan: artifacts travel with the tasks, no disk is shared.

Dask gives the tasks of a worker that dies to another one, up to `allowed-failures` times (3; see
https://distributed.dask.org/en/stable/resilience.html); a task that takes that many down is a crash
of its own.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from harness import __version__
from harness.errors import EnvironmentUnusable
from harness.execution.engines import RemoteEngine, close_machines
from harness.execution.worker_pool import Settings
from harness.program import command_line

CONNECT_SECONDS = 10.0
PATIENCE_SECONDS = 60.0  # without a scheduler or a worker, before a run gives up


@contextmanager
def connect(address: str, settings: Settings) -> Iterator[RemoteEngine]:
    """Give an engine on the cluster whose scheduler is at `address`, such as tcp://host:8786.

    Raises EnvironmentUnusable where none answers, or its workers are not ours.
    """
    try:
        from distributed import Client

        from harness.execution.dask_plugin import CloseMachines
    except ImportError as error:
        raise EnvironmentUnusable(
            "Dask is not installed", str(error), "pip install 'restorebench[dask]'"
        ) from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise EnvironmentUnusable(
            f"no Dask scheduler answers at {address}",
            str(error),
            "start one: dask scheduler, and on every machine: dask worker ADDRESS",
        ) from error
    with silencing(), client:
        width = check_workers(client, address)
        watch = Watch(client, address)
        engine = RemoteEngine(client.get_executor(pure=False), settings, width, watch.check)
        client.register_plugin(CloseMachines(client.id, engine.settings.run))
        try:
            yield engine
        finally:  # after Ctrl-C too
            if client.status == "running":  # else nobody answers; the scheduler's plugin does it
                with suppress(Exception):
                    client.run(close_machines, engine.settings.run, on_error="ignore")


@contextmanager
def silencing() -> Iterator[None]:
    """Keep Dask's log off the screen: what matters is said in a sentence, not in tracebacks."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def check_workers(client: Any, address: str) -> int:
    """Return how many tasks run at once; raises EnvironmentUnusable for workers without us."""
    try:
        versions = client.run(report_version)
        client.run_on_scheduler(report_version)  # it unpacks the tasks it passes on
    except Exception as error:
        raise EnvironmentUnusable(
            f"the machines of {address} cannot run restorebench",
            f"{type(error).__name__}: {error}",
            "install it on every machine, the scheduler's too",
        ) from error
    if not versions:
        raise EnvironmentUnusable(
            f"the cluster of {address} has no worker", "", f"dask worker {address}"
        )
    others = sorted(set(versions.values()) - {__version__})
    if others:
        raise EnvironmentUnusable(
            f"workers of {address} have restorebench {', '.join(others)}",
            f"this one is {__version__}",
            "install the same version everywhere",
        )
    return sum(client.nthreads().values())


def report_version() -> str:
    """Return the restorebench of the process that is asked."""
    return __version__


class Watch:
    """Notices that a cluster has gone, which its futures do not say."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self.seen = time.monotonic()

    def check(self) -> None:
        """Raise EnvironmentUnusable once scheduler or workers have been away for a minute."""
        connected = self.client.status == "running"
        if connected and self.client.scheduler_info(n_workers=-1)["workers"]:
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > PATIENCE_SECONDS:
            gone = "has no worker left" if connected else "does not answer any more"
            raise EnvironmentUnusable(
                f"the cluster of {self.address} {gone}",
                f"for {PATIENCE_SECONDS:.0f} s",
                f"start it again, then: {command_line('run --resume')}",
            )
