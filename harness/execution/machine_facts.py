"""The machine a run was made on, as far as it matters for comparing runs."""

import os
import platform

import psutil

from harness.results.run import MachineFacts


def describe_machine() -> MachineFacts:
    """Return system, processor, cores this process may use, memory in bytes, and Python."""
    affinity = getattr(os, "sched_getaffinity", None)
    return MachineFacts(
        system=platform.platform(terse=True),
        processor=find_processor(),
        cores=len(affinity(0)) if affinity else os.cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        python=platform.python_version(),
    )


def find_processor() -> str:
    """Return the processor's name, from /proc/cpuinfo where there is one."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
