"""Every hostile specimen is called unsafe, refused or read: within limits, and nothing runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.formats.reading import CPU_SECONDS, OUT_OF_TIME, ROOT, UNREADABLE_EXIT
from tests.formats.specimens import ANY, KINDS, REFUSED, UNSAFE

LAUNCH = Path(__file__).with_name("launch.py")
MOST_MEBIBYTES = 256
MOST_SECONDS = CPU_SECONDS + 0.5  # the kernel looks at the clock now and then


def read_measured(path, folder, module="harness.formats", *more):
    """Read as `env for` or `diagnose` does; return (exit code, seconds, MiB, output)."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-I", "-S", LAUNCH, sys.executable, "-m", module, path, *more]
    done = subprocess.run(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, check=True, timeout=60
    )
    numbers, _, output = done.stdout.partition(b"\n")
    code, seconds, mebibytes = map(float, numbers.split())
    return int(code), seconds, mebibytes, output


def test_there_are_enough_kinds():
    assert len(KINDS) >= 150


# One in four for every change: every other one starts a process of its own, too.
EVERY = 4


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.long] if number % EVERY else [])
        for number, name in enumerate(KINDS)
    ],
)
def test_a_hostile_file_is_unsafe_refused_or_read_within_limits(tmp_path, name):
    expected, write = KINDS[name]
    (tmp_path / "files").mkdir()
    (tmp_path / "work").mkdir()
    path = write(tmp_path / "files")
    before = sorted(tmp_path.rglob("*"))
    code, seconds, mebibytes, output = read_measured(path, tmp_path / "work")
    assert code in (0, UNREADABLE_EXIT, -OUT_OF_TIME), output[:300]
    found = REFUSED
    if code == 0:
        found = UNSAFE if json.loads(output)["dangers"] else "read"
    assert found == expected or expected == ANY, output[:300]
    assert seconds < MOST_SECONDS
    assert mebibytes < MOST_MEBIBYTES
    assert sorted(tmp_path.rglob("*")) == before
    assert not set(output) & (set(range(32)) - {10})
    assert b"\x7f" not in output


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.long] if number % (8 * EVERY) else [])
        for number, name in enumerate(KINDS)
    ],
)
def test_diagnose_answers_or_refuses_a_hostile_file_within_limits(tmp_path, name):
    (tmp_path / "files").mkdir()
    (tmp_path / "work").mkdir()
    path = KINDS[name][1](tmp_path / "files")
    before = sorted(tmp_path.rglob("*"))
    answered = read_measured(path, tmp_path / "work", "harness.diagnose", "3.13")
    code, seconds, mebibytes, output = answered
    assert code in (0, UNREADABLE_EXIT, -OUT_OF_TIME), output[:300]
    assert seconds < MOST_SECONDS
    assert mebibytes < MOST_MEBIBYTES
    assert sorted(tmp_path.rglob("*")) == before
    assert not set(output) & (set(range(32)) - {10})
