"""Which cores train and which core times."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Lanes:
    """Which cores save and which time; `timed` None where nothing is timed."""

    save: list[int] | None
    timed: list[int] | None
    width: int  # saves (and untimed restores) under way at once


def share_cores(timing: bool) -> Lanes:
    """Divide this process's cores: one for timed restores, the others for everything else."""
    if not hasattr(os, "sched_getaffinity"):
        return Lanes(None, None, 1 if timing else os.cpu_count() or 1)
    cores = sorted(os.sched_getaffinity(0))
    if not timing:
        # One more than cores: a core has work while the harness reads what a step has left.
        return Lanes(None, None, len(cores) + 1)
    return Lanes(cores[1:] or cores, cores[:1], max(1, len(cores) - 1))
