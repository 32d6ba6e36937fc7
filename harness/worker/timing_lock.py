"""One timed step at a time: the others make ready on other cores and wait for the lock."""

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


class TimingLock:
    """Holds a step's file `timing_lock` while the step is timed; without one does nothing.

    Two marks in the step's folder tell the harness that time spent waiting is not the step's own
    (harness/processes/limits.py). It is a record lock: a fork of the step does not inherit it, and
    the kernel frees it when the step's own process ends, however that may be.
    """

    def __init__(self, step):
        self.step = step
        self.lock = None

    def __enter__(self):
        if self.step.get("timing_lock"):
            import fcntl  # not on Windows, where nothing is pinned either

            self.mark("ready")
            self.lock = os.open(self.step["timing_lock"], os.O_CREAT | os.O_RDWR)
            fcntl.lockf(self.lock, fcntl.LOCK_EX)
            self.mark("timing")
        self.keep_to("timed_cores")

    def __exit__(self, *details):
        self.keep_to("cores")
        if self.lock is not None:
            import fcntl

            fcntl.lockf(self.lock, fcntl.LOCK_UN)
            os.close(self.lock)

    def keep_to(self, cores):
        """Run on the cores that the step names so, where it names any."""
        if self.step.get(cores):
            pin_threads(self.step[cores])

    def mark(self, name):
        """Leave an empty file in the step's folder."""
        with open(os.path.join(self.step["folder"], name), "wb"):
            pass
