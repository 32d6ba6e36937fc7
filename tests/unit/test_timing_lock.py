"""One timed step at a time: harness/worker/timing_lock.py, and how the harness waits for it."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.processes.limits import LOCK_MARKS, Limits, waits_for_lock, watch
from harness.worker.timing_lock import TimingLock

REPOSITORY = Path(__file__).resolve().parents[2]
HOLD = """
import json, sys, time
from harness.worker.timing_lock import TimingLock
step, log = json.loads(sys.argv[1]), sys.argv[2]
with TimingLock(step):
    begun = time.monotonic()
    time.sleep(float(sys.argv[3]))
    with open(log, "a") as text:
        text.write("%r %r\\n" % (begun, time.monotonic()))
"""


@pytest.fixture
def make_step(tmp_path):
    """A function that makes a step with a folder of its own and the lock all share."""

    def make(name):
        folder = tmp_path / name
        folder.mkdir()
        return {"folder": str(folder), "timing_lock": str(tmp_path / "lock")}

    return make


def hold(step, log, seconds):
    """Start a process that takes the lock and keeps it for a while."""
    command = [sys.executable, "-c", HOLD, json.dumps(step), str(log), str(seconds)]
    return subprocess.Popen(command, cwd=REPOSITORY)


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_locks_never_overlap(make_step, tmp_path):
    log = tmp_path / "log"
    processes = [hold(make_step(f"step-{number}"), log, 0.05) for number in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    locks = sorted(tuple(map(float, line.split())) for line in log.read_text().splitlines())
    assert len(locks) == 4
    assert all(ended <= begun for (_, ended), (begun, _) in itertools.pairwise(locks))


def test_a_killed_step_gives_the_lock_to_the_next(make_step, tmp_path):
    first, second = make_step("first"), make_step("second")
    holder = hold(first, tmp_path / "log", 600)
    wait_until(Path(first["folder"], "timing").exists)
    waiting = hold(second, tmp_path / "log", 0)
    wait_until(lambda: waits_for_lock(second["folder"]))
    assert not waits_for_lock(first["folder"])
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert waiting.wait(30) == 0
    assert not waits_for_lock(second["folder"])


def test_a_grandchild_that_lives_on_does_not_keep_the_turn(make_step, tmp_path):
    first, second = make_step("first"), make_step("second")
    daemon = HOLD.replace(
        "    begun =",
        "    import os, signal\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        open(sys.argv[2], 'w').write(str(os.getpid()))\n"
        "        time.sleep(600)\n"
        "    begun =",
    )
    pid = tmp_path / "pid"
    command = [sys.executable, "-c", daemon, json.dumps(first), str(pid), "600"]
    holder = subprocess.Popen(command, cwd=REPOSITORY)
    wait_until(lambda: pid.exists() and pid.read_text())
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    try:
        assert hold(second, tmp_path / "log", 0).wait(30) == 0
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_step_without_a_turn_waits_for_nobody(tmp_path):
    with TimingLock({"folder": str(tmp_path)}):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_marks_are_the_ones_the_harness_looks_for(make_step):
    step = make_step("step")
    with TimingLock(step):
        assert sorted(os.listdir(step["folder"])) == sorted(LOCK_MARKS)


def test_time_spent_waiting_for_a_turn_is_not_charged(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def wait(_):
        now[0] += 10.0
        return now[0] > 100

    limits = Limits(seconds=15)
    assert watch(os.getpid(), wait, limits, is_waiting=lambda: True) is None


def test_time_after_the_turn_is_charged(monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    now, waiting = [0.0], [True]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def wait(_):
        now[0] += 10.0
        waiting[0] = now[0] < 50
        return process.poll() is not None

    limits = Limits(seconds=15)
    assert watch(process.pid, wait, limits, is_waiting=lambda: waiting[0]) == "timeout"
    assert 50 < now[0] < 100
    process.wait()
