"""Steps on many models: each in a caged child of a process that has imported TensorFlow once.

`--load` and `--prove` import TensorFlow anew for the one model that they look at.
"""

import contextlib
import threading
from pathlib import Path

from harness.origin.restore import check_shut_in, run_shut_in
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits, StepEnd
from harness.processes.step import Request
from harness.processes.variables import Environment


class Forks(contextlib.AbstractContextManager["Forks"]):
    """Runs steps as run_shut_in does, and keeps a process for each environment; a context.

    Safe to use from several threads.
    """

    def __init__(self, work: Path) -> None:
        self.work = work
        self.workers: dict[Environment, ForkWorker] = {}
        self.starting = threading.Lock()

    def __exit__(self, *error: object) -> None:
        for each in self.workers.values():
            each.close()

    def run(self, environment: Environment, step: Request, folder: Path, limits: Limits) -> StepEnd:
        """Run a step; raises EnvironmentUnusable as run_shut_in does."""
        if not can_fork():
            return run_shut_in(environment, step, folder, limits)
        with self.starting:
            if environment not in self.workers:
                home = self.work / f"worker-{len(self.workers)}"
                home.mkdir()
                self.workers[environment] = ForkWorker(environment, home, bare=True)
            worker = self.workers[environment]
        end = worker.run(step, limits)
        check_shut_in(end, environment, folder)
        return end
