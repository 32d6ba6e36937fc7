"""What `bench --device` relies on, shown with a device that every machine has: half of its CPU."""

import sys

import pytest

from harness.processes.timed import TimedProcess, TimedProcessFailed
from harness.processes.variables import Environment
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.tensorflow
SHELF = REPOSITORY / "scenarios" / "version"


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    started = TimedProcess(Environment(sys.executable), tmp_path_factory.mktemp("timed"), 0, 0, 0)
    started.greet()
    yield started
    started.close()


def open_workload(process, device, **fields):
    folder = process.folder / device.replace(":", "-")
    folder.mkdir(exist_ok=True)
    artifact = SHELF / "artifacts" / "attention_shapes_keyword"
    request = {
        "do": "open",
        "kind": "call",
        "seed": 0,
        "device": device,
        "folder": str(folder),
        "source": str(SHELF / "attention_shapes_keyword.py"),
        "function": "restore_fixed_rebuild",
        "artifact": str(artifact / "artifact"),
        "reference": str(artifact / "reference.npz"),
        "expected": None,
    }
    return process.ask({**request, **fields}, 60)


def test_calls_are_timed_on_the_device_that_was_asked_for(process):
    opened = open_workload(process, "CPU:1", logical_cpus=2)
    block = {"do": "block", "calls": 5, "core": 0, "inject": None, "lead": 1}
    answer = process.ask(block, 60)
    assert opened["right"]
    assert len(answer["times"]) == 5
    assert answer["wrong"] == 0


def test_a_gpu_that_is_not_there_is_never_timed_as_a_cpu(process):
    with pytest.raises(TimedProcessFailed, match="GPU:0"):
        open_workload(process, "GPU:0")
