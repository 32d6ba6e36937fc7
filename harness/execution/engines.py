"""Where tasks are carried out: by this machine's threads, or by any `concurrent.futures.Executor`.

The plan, its order and its outcomes are the same. An executor elsewhere (a pool of processes, a
Dask cluster) must be able to import restorebench there; scenarios and artifacts travel with the
tasks, environments are built where they are needed.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from multiprocessing.util import Finalize
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from harness.environments.build import Say
from harness.errors import EnvironmentUnusable, RestorebenchError
from harness.execution.machine import Machine
from harness.execution.work_folder import hold_private_folder
from harness.execution.worker_pool import Settings
from harness.program import command_line

P = ParamSpec("P")
T = TypeVar("T")
Method = Callable[Concatenate[Machine, P], T]  # Machine.describe, .save or .restore
# Of this process, where an executor has sent it tasks, by the run.
MACHINES: dict[str, tuple[Machine, ExitStack]] = {}
ENDED: set[str] = set()  # runs whose late tasks must make no machine again
MAKING = threading.Lock()


class Engine(Protocol):
    """What the scheduler of a plan needs."""

    width: int  # saves under way at once

    def submit(self, method: Method[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a machine carry out one of its methods."""

    def resolve(self, environment: str, say: Say) -> None:
        """Have an environment built, where that is done before its first task."""

    def prepare(self, devices: set[str]) -> None:
        """Learn on which devices the next plan restores."""

    def check(self) -> None:
        """Raise EnvironmentUnusable if what carries the tasks out has gone."""

    def close(self) -> None:
        """Take no more tasks, drop those that have not begun."""


class LocalEngine:
    """Threads drive the workers of this machine.

    Saves and restores have lanes of their own where restores are timed, so that neither waits for
    all of the other. Which of them runs when is settled by the cores (cores.py). Without timing,
    one lane uses every core.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine, self.width = machine, machine.cores.width
        self.pool = ThreadPoolExecutor(self.width)
        self.timed = self.pool

    def prepare(self, devices: set[str]) -> None:
        """Let as many restores be timed at once as there are cores for it; on a GPU one."""
        timed = len(self.machine.cores.timed)
        if timed:
            if self.timed is not self.pool:
                self.timed.shutdown(wait=False)
            # One more than cores: it unpacks its artifact while others are timed.
            self.timed = ThreadPoolExecutor(timed + 1 if devices <= {"CPU:0"} else 1)

    def resolve(self, environment: str, say: Say) -> None:
        self.machine.resolve(environment, say)

    def check(self) -> None:
        """This machine is here."""

    def submit(self, method: Method[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        lane = self.timed if method is Machine.restore else self.pool
        return lane.submit(method, self.machine, *args, **kwargs)

    def close(self) -> None:
        for lane in (self.pool, self.timed):
            lane.shutdown(wait=False, cancel_futures=True)


class RemoteEngine:
    """Any executor: each of its processes has a Machine for this run, made by its first task.

    Another engine's machines in the same process are apart, whatever its settings.
    """

    def __init__(
        self,
        executor: Executor,
        settings: Settings,
        width: int,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.executor, self.width, self.check = executor, width, check
        self.settings = replace(settings, run=uuid.uuid4().hex)

    def submit(self, method: Method[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        try:
            return self.executor.submit(
                partial(call_machine, self.settings, method, *args, **kwargs)
            )
        except Exception as error:
            raise explain_loss(error) from error

    def resolve(self, environment: str, say: Say) -> None:
        """Every machine builds what its tasks need."""

    def prepare(self, devices: set[str]) -> None:
        """Nothing is timed there."""

    def close(self) -> None:
        """Leave the executor to its owner."""


def call_machine(settings: Settings, method: Method[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Carry out a task on this process's Machine for a run.

    Raises EnvironmentUnusable where the run is ended meanwhile: whatever the step gave, its worker
    and its folder were taken from it.
    """
    machine = find_machine(settings)
    try:
        result = method(machine, *args, **kwargs)
    except Exception as error:
        if machine.closed:
            raise explain_end() from error
        raise
    if machine.closed:
        raise explain_end()
    return result


def find_machine(settings: Settings) -> Machine:
    """Return this process's Machine for a run, made where there is none yet."""
    with MAKING:
        if settings.run in ENDED:
            raise explain_end()
        if settings.run not in MACHINES:
            with ExitStack() as stack:
                machine = Machine(stack.enter_context(hold_private_folder()), settings)
                stack.callback(machine.close)
                MACHINES[settings.run] = machine, stack.pop_all()
        return MACHINES[settings.run][0]


def explain_end() -> EnvironmentUnusable:
    """Return the error for a task whose run is over."""
    return EnvironmentUnusable(
        "the run's machines were closed while it was under way",
        "whoever carries out the tasks takes it for ended",
        command_line("run --resume"),
    )


def explain_loss(error: Exception) -> RestorebenchError:
    """Return the error itself where it is a sentence, else that the executor was lost."""
    if isinstance(error, RestorebenchError):
        return error
    return EnvironmentUnusable(
        "what carries out the tasks was lost",
        f"{type(error).__name__}: {error}".rstrip(": "),
        f"start it again, then: {command_line('run --resume')}",
    )


def close_machines(run: str | None = None) -> None:
    """End this process's machines for a run, or for all: their workers and their folders."""
    with MAKING:
        ending = list(MACHINES) if run is None else [run]
        ENDED.update(ending)
        closing = [MACHINES.pop(each)[1] for each in ending if each in MACHINES]
    for stack in closing:
        stack.close()


# Not atexit, which a process of `multiprocessing` (a pool's, or one that Dask's nanny has started)
# does not heed.
Finalize(None, close_machines, exitpriority=10)
