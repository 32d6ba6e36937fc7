"""The lock for building or removing one environment.

If a builder is killed, its uv process still holds the lock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import EnvironmentUnusable


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def hold_build_lock(
    cache: Path, name: str, wait: bool = True, say: Callable[[str], None] = lambda _: None
) -> Iterator[int]:
    """Hold the build lock of the environment `name`; yield the lock's descriptor.

    If another process holds the lock, the call reports that and waits, or raises Busy if it may not
    wait. uv inherits the descriptor: if this process is killed, the lock stays held until uv ends
    too.
    """
    try:
        import fcntl
    except ImportError as error:  # Windows
        raise EnvironmentUnusable(
            "restorebench builds environments on Linux and macOS only",
            str(error),
            "install the release yourself and name its interpreter in place of the release",
        ) from error
    with (cache / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise Busy(name) from None
            say("waiting: another command is building or removing it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
