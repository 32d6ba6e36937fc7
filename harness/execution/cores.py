"""Which cores time, and which do everything else."""

import contextlib
import os
import queue
from collections.abc import Callable, Iterator
from pathlib import Path

MOST_TIMED = 2  # cores that time at once: more was not measured


class Cores:
    """The cores of this process, shared out: a step that is timed holds one of `timed` alone.

    `others` (None: every core) are for whatever is not timed. Where there are none, a step that is
    not timed holds one of `timed` too. Nothing is pinned where the system cannot do that.
    """

    def __init__(self, timing: bool) -> None:
        self.timed: list[list[int] | None] = []
        self.others: list[int] | None = None
        self.apart = True  # what is not timed has cores of its own
        count = os.cpu_count() or 1
        if not hasattr(os, "sched_getaffinity"):
            self.timed = [None] if timing else []
        else:
            cores = sorted(os.sched_getaffinity(0))
            count = len(cores)
            if timing:
                self.timed, self.others = set_apart(cores)
                self.apart = self.others is not None
        # Saves under way at once. Untimed: one more than cores, so that a core has work while the
        # harness reads what a step has left.
        self.width = len(self.others or self.timed) if timing else count + 1
        self.free: queue.SimpleQueue[list[int] | None] = queue.SimpleQueue()
        for core in self.timed:
            self.free.put(core)

    @contextlib.contextmanager
    def hold(self, timed: bool) -> Iterator[list[int] | None]:
        """Give the cores for one step; waits until one is free."""
        if not self.timed or (self.apart and not timed):
            yield self.others
            return
        core = self.free.get()
        try:
            yield core
        finally:
            self.free.put(core)


def set_apart(
    cores: list[int], read_siblings: Callable[[int], set[int]] | None = None
) -> tuple[list[list[int] | None], list[int] | None]:
    """Return the cores that time, each as a list of one, and all that do everything else.

    Those that time share no arithmetic (siblings of one physical core do). They are the last ones:
    interrupts and other programs come to the first. Two physical cores are both for timing, and
    the others are None.
    """
    physical: list[set[int]] = []
    for core in reversed(cores):
        if not any(core in siblings for siblings in physical):
            physical.append({core} | (read_siblings or find_siblings)(core))
    chosen = physical[:MOST_TIMED]
    timed: list[list[int] | None] = [[max(each & set(cores))] for each in chosen]
    others = [core for core in cores if not any(core in siblings for siblings in chosen)]
    return timed, others or None


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
    """Keep our own threads off the cores that are timed, where there are others."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    others = set_apart(cores)[1] if timing and cores else None
    try:
        if others:
            pin_threads(others)
        yield
    finally:
        if others:
            pin_threads(cores)
