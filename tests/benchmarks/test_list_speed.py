"""What `python -m harness list` costs: CPU seconds, user and system, of a process of its own.

The budget is 0.3 s on a quiet machine, which is three times what it cannot do without there: start
Python, import Typer and parse every scenario. The tests compare those two, the cheapest of several
runs each, one after the other, so that a slow machine or a busy one makes both dearer.
To measure: python -m pytest tests/benchmarks/test_list_speed.py --benchmark-enable
"""

import os
import resource
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

LIST = ["-m", "harness", "list"]
UNAVOIDABLE = [
    "-c",
    "import ast, pathlib, typer\n"
    "for file in pathlib.Path('scenarios').glob('*/*.py'): ast.parse(file.read_bytes())",
]
# `list` where the command line has begun to import what only `run` needs.
CARELESS = [
    "-c",
    "import harness.execution.run, harness.cli, sys\n"
    "sys.argv = ['harness', 'list']\nharness.cli.main()",
]
BUDGET = 3.2  # 0.3 s of CPU where UNAVOIDABLE takes 0.094 s
FEWEST = 4  # rounds


def cpu_of_children() -> float:
    """Return the CPU seconds of every child process that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_python(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run Python here, without the measurement of coverage that this process may be under."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        check=True,
    )


def spend(arguments: list[str]) -> float:
    """Return the CPU seconds of one run of Python."""
    before = cpu_of_children()
    run_python(arguments)
    return cpu_of_children() - before


def compare_with_unavoidable(command: list[str], most: int) -> float:
    """Return how often the CPU time of UNAVOIDABLE goes into that of a command.

    Noise only adds: rounds go on, up to `most`, while the command seems to be over its budget.
    """
    taken: list[float] = []
    least: list[float] = []
    for number in range(1, most + 1):
        taken.append(spend(command))
        least.append(spend(UNAVOIDABLE))
        if number >= FEWEST and min(taken) / min(least) <= BUDGET:
            break
    return min(taken) / min(least)


def test_list_keeps_to_its_budget_of_cpu_time():
    assert compare_with_unavoidable(LIST, most=15) <= BUDGET


def test_an_import_that_list_does_not_need_would_break_the_budget():
    assert compare_with_unavoidable(CARELESS, most=FEWEST) > BUDGET


@pytest.mark.benchmark(timer=cpu_of_children)
def test_the_cpu_time_of_list(benchmark):
    done = benchmark.pedantic(run_python, args=(LIST,), rounds=10, warmup_rounds=1)
    assert "scenarios." in done.stdout
