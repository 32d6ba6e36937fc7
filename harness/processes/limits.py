"""Time and memory limits of a step, held by watching its process from outside.

Resource limits inside the process are no substitute: RLIMIT_AS at 2 GB aborts a plain `fit` on
TensorFlow 2.21, which maps far more than it uses.

psutil is imported where a process is watched, not where its end is only read (`show`).
"""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

SILENT = "silent"
TICK_SECONDS = 0.05
IMPORT_SECONDS = 300.0  # what importing TensorFlow may take, byte code not yet compiled


@dataclass(frozen=True)
class Limits:
    """What one step may use: wall seconds, and bytes of resident memory gained since it began.

    Where they are given: also threads, and bytes by which the disk fills up meanwhile.
    """

    seconds: float = 120.0
    memory_bytes: int = 4 * 1024**3
    threads: int | None = None
    disk_bytes: int | None = None


@dataclass(frozen=True)
class StepEnd:
    """How a step's process ended.

    `stopped_for` is "timeout", "memory", "threads" or "disk" where we killed it.
    """

    exit: int | None = None
    signal: int | None = None
    stopped_for: str | None = None
    worker_died: bool = False


def kill_tree(pid: int) -> None:
    """Kill a process and everything it started; quietly if it is gone already."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def kill_group(leader: int) -> None:
    """Kill what a step has started and left behind; quietly if that is nothing."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def read_resident(pid: int) -> int:
    """Return the resident bytes of a process, 0 once it has ended."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def find_excess(pid: int, folder: str, limits: Limits) -> Callable[[], str | None]:
    """Return a function that names what a process has too much of, of threads and disk.

    The disk is that of `folder`. What a step deletes but holds open is seen only in how full the
    disk is, so what other programs write meanwhile counts too.
    """
    import psutil

    free = shutil.disk_usage(folder).free

    def find() -> str | None:
        if limits.disk_bytes is not None:
            gone = free - shutil.disk_usage(folder).free
            if gone > limits.disk_bytes:
                return "disk"
        if limits.threads is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                if psutil.Process(pid).num_threads() > limits.threads:
                    return "threads"
        return None

    return find


def has_ended(pid: int) -> bool:
    """Say whether a process is gone, or waits only to be collected by its parent."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def watch(
    pid: int,
    wait: Callable[[float], bool],
    limits: Limits,
    has_begun: Callable[[], bool] = lambda: True,
    excess: Callable[[], str | None] = lambda: None,
) -> str | None:
    """Wait until `wait(seconds)` says the process has ended; kill it at a limit.

    The limits hold from the moment `has_begun()`, so that a process which must import TensorFlow
    first is not charged for it. `excess()` names a limit of another kind that is exceeded. Returns
    the reason where it was killed, SILENT where it had ended by itself and whoever should say so
    does not, else None.
    """
    deadline = time.monotonic() + IMPORT_SECONDS
    before: int | None = None
    while True:
        resident, now = read_resident(pid), time.monotonic()
        if before is None and has_begun():
            before, deadline = resident, now + limits.seconds
        reason = None
        if now > deadline:
            reason = SILENT if has_ended(pid) else "timeout"
        elif before is not None and resident - before > limits.memory_bytes:
            reason = "memory"
        reason = reason or excess()
        if reason:
            kill_tree(pid)
            wait(10.0)
            return reason
        if wait(TICK_SECONDS):
            return None
