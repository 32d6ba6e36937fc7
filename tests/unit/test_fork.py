"""What a worker says to its harness: harness/processes/fork.py with programs in its place."""

import json
import sys

import msgspec
import pytest

from harness.errors import EnvironmentUnusable
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits, StepEnd
from harness.processes.step import DeviceQuery
from harness.processes.variables import Environment
from tests.unit.test_worker_pool import Worker

pytestmark = pytest.mark.skipif(not can_fork(), reason="no worker forks here")
FACTS = msgspec.to_builtins(Worker().describe())
READY = json.dumps({"event": "ready", "environment": FACTS, "import_seconds": 0.1})
STARTED = '{"event": "started", "id": 1, "pid": %d}'
ENDED = '{"event": "ended", "id": 1, "exit": 0, "signal": null}'


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Return a function that starts a program which says lines; it says `after` for a request."""
    monkeypatch.setattr("harness.processes.fork.IMPORT_SECONDS", 20.0)
    monkeypatch.setattr("harness.processes.fork.START_SECONDS", 20.0)
    started = []

    def start(*lines, after=()):
        program = tmp_path / "python"
        said = "; ".join(f"print({line!r}.replace('%d', str(os.getpid())))" for line in lines)
        then = "; ".join(f"print({line!r}.replace('%d', str(os.getpid())))" for line in after)
        program.write_text(
            f"#!{sys.executable} -u\nimport os, sys\n{said}\nsys.stdin.readline()\n{then}\n"
            "sys.stdin.read()\n"
        )
        program.chmod(0o700)
        started.append(ForkWorker(Environment(str(program)), tmp_path))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.mark.parametrize(
    "line", ["hello", "1", "[]", "{}", '{"event": "sung"}', '{"x": ' + "[" * 5000]
)
def test_what_is_no_event_is_said_at_once(line, start):
    """A sitecustomize.py that prints comes before our worker does."""
    with pytest.raises(EnvironmentUnusable) as caught:
        start(line).describe()
    assert caught.value.found.startswith(f"it answered b'{line[:70]}")


def test_a_worker_that_speaks_of_a_step_that_nobody_runs_has_died(start, tmp_path):
    worker = start(READY, after=[ENDED.replace("1,", "7,")])
    assert worker.run(DeviceQuery(folder=str(tmp_path)), Limits()) == StepEnd(worker_died=True)


def test_a_forked_step_is_stopped_at_every_limit(start, tmp_path):
    worker = start(READY, after=[STARTED])
    limits = Limits(seconds=2.0, threads=0)
    ended = worker.run(DeviceQuery(folder=str(tmp_path)), limits)
    assert ended == StepEnd(stopped_for="threads")


def test_a_step_that_has_ended_is_forgotten(start, tmp_path):
    worker = start(READY, after=[STARTED, ENDED])
    assert worker.describe().tensorflow == "2.21.0"
    assert worker.run(DeviceQuery(folder=str(tmp_path)), Limits()) == StepEnd(exit=0)
    assert worker.server.pending == {}
