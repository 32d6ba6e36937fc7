"""Locks that are files: a live process holds one, and it is free once that has ended, however.

A process id says less: another process may have it by now, and in a container, or for whoever
shares the folder from another machine, it names nothing.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock


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
