"""The lock on building or removing one environment, which a killed builder's uv still holds."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import EnvironmentUnusable

if sys.platform != "win32":
    import fcntl


class Busy(Exception):
    """Somebody else holds the lock just now."""


@contextmanager
def hold_build_lock(
    cache: Path, name: str, wait: bool = True, say: Callable[[str], None] = lambda _: None
) -> Iterator[int]:
    """Hold the build lock of the environment `name`; gives its descriptor.

    Waits for whoever has it, having said so, or raises Busy where it is not to wait. uv inherits
    the descriptor: if we are killed, the lock is free only when uv has ended too.
    """
    if sys.platform == "win32":
        raise EnvironmentUnusable(
            "environments are built on Linux and macOS only",
            "this is Windows",
            "install the release yourself and name its interpreter in place of the release",
        )
    with (cache / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise Busy(name) from None
            say("waiting: another command is at it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
