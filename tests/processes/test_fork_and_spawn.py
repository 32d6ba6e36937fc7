"""The two kinds of worker agree, fork safely, and hold a step to the device it was given."""

import json
from pathlib import Path

import psutil
import pytest

from harness.processes.fork import ForkWorker
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step
from harness.processes.variables import Environment
from tests.conftest import FAULTY

pytestmark = pytest.mark.tensorflow

COMPARED = ("get-config-drops-argument", "functional-archive-module")


def verdicts_of(records):
    return {
        (each["scenario"], each["path"]): (each["verdict"], each["judgement"])
        for each in records
        if each["scenario"] in COMPARED
    }


@pytest.mark.long
def test_a_process_per_step_gives_the_same_verdicts_as_forking(cli, whole_run):
    ended = cli("run", *COMPARED, "--spawn", "--no-timing", "--json", "run.json")
    ended.assert_ran(0)
    spawned = json.loads((cli.folder / "run.json").read_text())["outcomes"]
    assert verdicts_of(spawned) == verdicts_of(whole_run.document["outcomes"])
    assert {each["scenario"] for each in spawned} == set(COMPARED)


def test_the_process_that_forks_has_no_more_threads_than_the_import_starts(tmp_path, faulty):
    """An op would start TensorFlow's thread pools, and a child forked after that can hang."""
    worker = ForkWorker(Environment(), make_home(tmp_path))
    try:
        assert worker.describe().tensorflow
        assert worker.server is not None
        process = psutil.Process(worker.server.process.pid)
        imported = process.num_threads()
        assert 1 <= imported <= 3
        assert [device.name for device in worker.list_devices()][:1] == ["CPU:0"]
        step = make_step(tmp_path, faulty, "save", "save")
        assert worker.run(step, Limits()).exit == 0
        assert process.num_threads() <= imported
        assert process.children() == []
    finally:
        worker.close()
    assert not psutil.pid_exists(process.pid)


def make_home(folder: Path) -> Path:
    (folder / "keras-home").mkdir()
    return folder


def make_step(work: Path, faulty: Path, kind: str, function: str, **changes):
    """Return a step of the scenario whose variable may live on another device."""
    folder = work / function
    (work / "artifact").mkdir(exist_ok=True)
    folder.mkdir()
    return Step(
        kind=kind,
        source=str(faulty / "restore" / "stays_on_its_device.py"),
        function=function,
        folder=str(folder),
        artifact=str(work / "artifact"),
        reference=str(work / "reference.npz"),
        seed=0,
        **changes,
    )


@pytest.fixture(scope="module")
def placed(tmp_path_factory):
    """One path restored on the second of two logical CPUs, one beside it: result by function."""
    work = make_home(tmp_path_factory.mktemp("placed"))
    worker = SpawnWorker(Environment(), work, hide_gpu=True)
    worker.run(make_step(work, FAULTY, "save", "save"), Limits())
    results = {}
    for function in ("restore_broken", "restore_fixed_without_fault"):
        step = make_step(
            work, FAULTY, "restore", function, device="CPU:1", logical_cpus=2, timing=True
        )
        assert worker.run(step, Limits()).exit == 0
        results[function] = json.loads((work / function / "result.json").read_text())
    return results


@pytest.mark.long
def test_a_step_reports_the_device_it_was_seen_to_run_on(placed):
    result = placed["restore_fixed_without_fault"]
    assert result["error"] is None
    assert result["placement"] == ["CPU:1"]
    assert result["timing"]["calls"] >= 5


@pytest.mark.long
def test_a_variable_on_another_device_is_a_placement_error(placed):
    error = placed["restore_broken"]["error"]
    assert error["type"] == "PlacementError"
    assert "was to run on CPU:1" in error["message"]
    assert "CPU:0" in error["message"]


@pytest.mark.parametrize(
    "options",
    [pytest.param([], id="fork"), pytest.param(["--spawn"], id="spawn", marks=pytest.mark.long)],
)
def test_a_gpu_that_is_not_there_is_one_sentence(cli, faulty, options):
    ended = cli(
        "run",
        "hangs",
        "--scenarios",
        faulty,
        "--device",
        "gpu",
        *options,
        CUDA_VISIBLE_DEVICES="-1",
    )
    ended.assert_refused(3, "no GPU was found", "TensorFlow lists: CPU:0", "--device cpu")
    assert cli.outcomes() == []
