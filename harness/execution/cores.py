"""Which cores train and which core times."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


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
    timed, others = set_apart(cores)
    return CoreShares(others, [timed], len(others))


def set_apart(
    cores: list[int], read_siblings: Callable[[int], set[int]] | None = None
) -> tuple[int, list[int]]:
    """Return the core that is timed, and those that do everything else meanwhile.

    The last core: interrupts and other programs come to the first. Its siblings, which share its
    arithmetic, stay idle, unless there is no other core.
    """
    timed = cores[-1]
    siblings = (read_siblings or find_siblings)(timed)
    others = [core for core in cores if core not in siblings and core != timed]
    return timed, others or cores[:-1] or cores


def find_siblings(core: int) -> set[int]:
    """Return the logical cores of one physical core, as Linux lists them: "0-1", "3,35"."""
    listed = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    found: set[int] = set()
    with contextlib.suppress(OSError, ValueError):  # a container need not show it
        for part in listed.read_text().strip().split(","):
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return found


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
            pin_threads(set_apart(sorted(cores))[1])
        yield
    finally:
        if cores:
            pin_threads(sorted(cores))
