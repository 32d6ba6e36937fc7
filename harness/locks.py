"""Locks that are files: a live process holds one, and it is free once that has ended, however.

A process id says less: another process may have it by now, and in a container, or for whoever
shares the folder from another machine, it names nothing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

TIMING_LOCK = "timing.lock"
WAIT_SECONDS = 0.5


def try_lock(path: Path) -> "FileLock | None":
    """Take the lock of that file, made where it is not there; None where somebody holds it.

    Raises OSError where no such file can be written.
    """
    from filelock import FileLock, Timeout  # costs 50 ms, which `list` does without

    lock = FileLock(path, thread_local=False)  # whichever thread ends the run lets go of it
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def remove_lock(lock: "FileLock") -> None:
    """Let go of a lock whose name nobody will use again, and remove its file."""
    with suppress(OSError):  # Windows removes no open file
        Path(lock.lock_file).unlink()
    lock.release()


@contextmanager
def hold_machine(folder: Path, alone: bool, say_waits: Callable[[], None]) -> Iterator[None]:
    """Hold this machine for timing while others wait: `alone`, or with others that are not.

    `bench` is alone; a timed `run` shares with other runs, as always. The lock is a file in
    `folder`, the cache of the environments. `say_waits` is called once if somebody holds it. Where
    the file cannot be written, and on Windows, nothing is held.
    """
    try:
        import fcntl

        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / TIMING_LOCK).open("ab")
    except (ImportError, OSError):
        yield
        return
    with file:
        wanted, told = fcntl.LOCK_EX if alone else fcntl.LOCK_SH, False
        while True:
            try:
                fcntl.flock(file, wanted | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    say_waits()
                told = True
                time.sleep(WAIT_SECONDS)
        yield  # the kernel frees the lock when the file is closed, however this process ends
