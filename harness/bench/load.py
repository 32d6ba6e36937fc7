"""How busy the machine is while a pair is measured."""

import os
from contextlib import suppress

from harness.bench.raw import Load


def read_machine() -> tuple[float | None, list[int]]:
    """Return the load average, and the counters of /proc/stat (empty where there is none)."""
    average = None
    with suppress(OSError, AttributeError):
        average = os.getloadavg()[0]
    counters: list[int] = []
    with suppress(OSError, ValueError), open("/proc/stat", encoding="ascii") as text:
        counters = [int(each) for each in text.readline().split()[1:9]]
    return average, counters


def describe_load(
    before: tuple[float | None, list[int]], after: tuple[float | None, list[int]]
) -> Load:
    """Return how busy the machine was between two readings.

    Columns of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
    """
    gone = [late - early for early, late in zip(before[1], after[1], strict=False)]
    if len(gone) < 8 or sum(gone) <= 0:
        return Load(average=before[0])
    total = sum(gone)
    idle = gone[3] + gone[4]
    return Load(
        average=before[0],
        stolen=round(gone[7] / total, 4),
        busy=round(1 - idle / total, 4),
    )
