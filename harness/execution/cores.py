"""Which cores train and which core times."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class CoreShares:
    """Which cores save and which time; `timed` None where nothing is timed."""

    save: list[int] | None
    timed: list[int] | None
    width: int  # saves (and untimed restores) under way at once


def share_cores(timing: bool) -> CoreShares:
    """Divide this process's cores: one for timed restores, the others for everything else."""
    if not hasattr(os, "sched_getaffinity"):
        return CoreShares(None, None, 1 if timing else os.cpu_count() or 1)
    cores = sorted(os.sched_getaffinity(0))
    if not timing:
        # One more than cores: a core has work while the harness reads what a step has left.
        return CoreShares(None, None, len(cores) + 1)
    return CoreShares(cores[1:] or cores, cores[:1], max(1, len(cores) - 1))


def pin_threads(cores: list[int]) -> None:
    """Keep every thread of this process, the progress bar's too, on `cores` (Linux)."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.sched_setaffinity(int(thread), cores)


@contextlib.contextmanager
def keeping_off(timing: bool) -> Iterator[None]:
    """Keep our own threads off the core that is timed."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    try:
        if timing and len(cores) > 1:
            pin_threads(sorted(cores)[1:])
        yield
    finally:
        if cores:
            pin_threads(sorted(cores))
