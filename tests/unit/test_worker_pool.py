"""The workers of one environment: harness/execution/worker_pool.py, without TensorFlow."""

from pathlib import Path

import pytest

from harness.errors import EnvironmentUnusable
from harness.execution import worker_pool
from harness.execution.worker_pool import Settings, WorkerPool
from harness.processes.facts import Device, EnvironmentFacts
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step
from harness.processes.variables import Environment


class Worker:
    """Describes an environment; closes."""

    def __init__(self, *_, **__):
        self.closed = False

    def describe(self):
        return EnvironmentFacts(tensorflow="2.21.0", keras="3.15.1", numpy="2.4.6", python="3.11.7")

    def list_devices(self):
        return [Device("CPU:0")]

    def close(self):
        self.closed = True


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_pool, "SpawnWorker", Worker)
    return WorkerPool("2.21", Environment("python"), Settings(Limits(), spawn=True), tmp_path / "p")


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b'{"devices": 3}'])
def test_what_is_no_list_of_devices_is_a_sentence(said, tmp_path, monkeypatch):
    def leave(_, query, *__, **___):
        Path(query.folder, "devices.json").write_bytes(said)

    monkeypatch.setattr(SpawnWorker, "start", leave)
    with pytest.raises(EnvironmentUnusable):
        SpawnWorker(Environment("python"), tmp_path).ask()


def test_a_pool_whose_start_has_failed_starts_again(pool, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("just now")

    with monkeypatch.context() as patch:
        patch.setattr(worker_pool, "SpawnWorker", fail)
        with pytest.raises(MemoryError):
            pool.describe()
    assert pool.describe().name == "tensorflow-2.21.0+keras-3.15.1"


def test_an_environment_that_could_not_describe_itself_is_asked_again(pool, monkeypatch):
    def fail(*_):
        raise MemoryError("just now")

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "list_devices", fail)
        with pytest.raises(MemoryError):
            pool.describe()
        workers = list(pool.workers.values())
    assert pool.describe().devices == (Device("CPU:0"),)
    assert list(pool.workers.values()) == workers  # none is left behind, running


def test_only_what_is_timed_has_tensorflows_own_choice_of_kernels(tmp_path):
    def is_portable(timing, timed=False, device="CPU:0"):
        pool = WorkerPool("", Environment(), Settings(Limits(), timing, spawn=True), tmp_path / "p")
        pool.start()
        what = dict.fromkeys(("source", "function", "folder", "artifact", "reference"), "")
        worker = pool.choose_worker(
            Step(kind="restore", seed=0, device=device, timing=timed, **what)
        )
        return worker.environment.portable_kernels

    assert is_portable(timing=True)
    assert not is_portable(timing=True, timed=True)
    assert is_portable(timing=False)
    assert is_portable(timing=False, device="GPU:0")
    assert not is_portable(timing=True, device="GPU:0")
