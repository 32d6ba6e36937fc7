"""Machines of a process that an executor sends tasks to: execution/engines.py."""

import tempfile

import pytest

from harness.errors import CannotWrite, EnvironmentUnusable
from harness.execution import machine as machine_module
from harness.execution.engines import MACHINES, RemoteEngine, call_machine, close_machines
from harness.execution.machine import Machine
from harness.execution.worker_pool import MOST_OPEN, OPEN_BYTES, STEP_BYTES, Settings
from harness.processes.limits import Limits


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    close_machines()


def make_settings():
    """Equal settings, as two clients may have them, of a run of its own."""
    return RemoteEngine(None, Settings(Limits()), 1).settings


def test_two_runs_of_equal_settings_have_machines_of_their_own(folder):
    first, second = make_settings(), make_settings()
    works = [call_machine(each, lambda machine: machine.work) for each in (first, second)]
    assert works[0] != works[1]
    close_machines(first.run)
    assert not works[0].exists()
    assert works[1].is_dir()
    assert call_machine(second, lambda machine: machine.closed) is False
    close_machines()
    assert list(folder.iterdir()) == []


def test_a_late_task_of_a_run_that_is_over_makes_no_machine():
    settings = make_settings()
    close_machines(settings.run)
    with pytest.raises(EnvironmentUnusable, match="machines were closed"):
        call_machine(settings, lambda machine: machine)
    assert settings.run not in MACHINES


@pytest.mark.parametrize("fails", [False, True])
def test_a_step_whose_machine_is_closed_under_it_is_no_crash_and_no_full_disk(fails):
    def step(machine):
        close_machines(machine.settings.run)
        if fails:
            raise CannotWrite("the disk")
        return "a crash, since its worker was killed"

    with pytest.raises(EnvironmentUnusable, match="machines were closed"):
        call_machine(make_settings(), step)


class Pool:
    """Workers of an environment, without processes."""

    described, busy = "", 0

    def __init__(self, *_):
        Pool.opened += 1

    def close(self):
        Pool.opened -= 1


@pytest.mark.parametrize(("room", "most"), [(25, 25), (6, 6), (1, 1), (0, 1)])
def test_no_more_environments_stay_open_than_memory_allows(tmp_path, monkeypatch, room, most):
    Pool.opened = 0

    def measure_free_memory():
        return (room - Pool.opened) * OPEN_BYTES + STEP_BYTES

    monkeypatch.setattr(machine_module, "WorkerPool", Pool)
    monkeypatch.setattr(machine_module, "measure_free_memory", measure_free_memory)
    machine = Machine(tmp_path, Settings(Limits(), most_open=max(MOST_OPEN, 25)))
    machine.resolve = lambda name: name
    seen = []
    for reader in [*range(25), *range(25)]:
        with machine.using(str(reader)):
            seen.append(Pool.opened)
    assert max(seen) == most
