"""What `python -m harness list` costs in CPU seconds, user and system, of a process of its own.

Nothing is asserted about time. To measure:
    python -m pytest tests/benchmarks/test_list_speed.py --benchmark-enable
"""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def cpu_of_children() -> float:
    """Return the CPU seconds of every child process that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def list_scenarios() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "list"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.benchmark(timer=cpu_of_children)
def test_the_cpu_time_of_list(benchmark):
    done = benchmark.pedantic(list_scenarios, rounds=10, warmup_rounds=1)
    assert done.returncode == 0, done.stderr
    assert "scenarios." in done.stdout
