"""Keep this process on some of the machine's cores."""

import os


def pin_threads(cores):
    """Keep every thread of this process, TensorFlow's pools too, on `cores` (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for thread in os.listdir("/proc/self/task"):
        try:
            os.sched_setaffinity(int(thread), cores)
        except OSError:  # it has just ended
            pass
