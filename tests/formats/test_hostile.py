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
# Of CPU: the reader's limit, and twice as much for starting Python two times on a slow machine.
# That the reader keeps its limit is tested in test_reading.py.
MOST_SECONDS = 3 * CPU_SECONDS


def read_measured(words, folder, module="harness.formats"):
    """Read as `env for` or `diagnose` does; return (exit code, seconds, MiB, stdout and stderr)."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-I", "-S", LAUNCH, sys.executable, "-m", module, *words]
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, check=True, timeout=60
    )
    numbers, _, output = done.stdout.partition(b"\n")
    code, seconds, mebibytes = map(float, numbers.split())
    return int(code), seconds, mebibytes, output + done.stderr


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
    code, seconds, mebibytes, output = read_measured([path], tmp_path / "work")
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
        pytest.param(name, marks=[pytest.mark.long] if number % (3 * EVERY) else [])
        for number, name in enumerate(KINDS)
    ],
)
def test_diagnose_reports_a_hostile_file_within_limits_and_shows_nothing_raw(tmp_path, name):
    expected, write = KINDS[name]
    (tmp_path / "files").mkdir()
    (tmp_path / "work").mkdir()
    path, report = write(tmp_path / "files"), tmp_path / "report.json"
    before = sorted(tmp_path.rglob("*"))
    words = ["diagnose", path, "--reader", "2.21", "--json", report]
    code, seconds, mebibytes, output = read_measured(words, tmp_path / "work", "harness")
    told = json.loads(report.read_text()) if report.exists() else None
    report.unlink(missing_ok=True)
    assert code in (0, 1, 3), output[:300]
    assert (told is None) == (code == 3)
    assert b"Traceback" not in output
    assert b"crashed (exit" not in output  # an exception that nobody foresaw
    if expected != ANY:
        assert (code == 3) == (expected == REFUSED), output[:300]
        assert bool(told and told["unsafe"]) == (expected == UNSAFE), output[:300]
        assert (b"UNSAFE: loading it may run code" in output) == (expected == UNSAFE)
    assert seconds < MOST_SECONDS
    assert mebibytes < MOST_MEBIBYTES
    assert sorted(tmp_path.rglob("*")) == before
    assert all(each.isprintable() or each == "\n" for each in output.decode())
