"""Resident memory of this process, without third-party packages."""

import os
import sys


def resident_bytes():
    """Return the resident set size of this process in bytes, or None where it cannot be read.

    Linux reads /proc/self/statm. Elsewhere `getrusage` gives the peak so far (bytes on macOS),
    which still yields a growth; Windows has neither.
    """
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def growth_since(before):
    """Return resident bytes gained since `before` (a value of `resident_bytes`), or None."""
    now = resident_bytes()
    return None if before is None or now is None else now - before
