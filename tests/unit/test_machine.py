"""What a task costs that goes wrong on our side: harness/execution/machine.py, no TensorFlow."""

import errno
import os
import socket

import numpy as np
import pytest

from harness.errors import CannotWrite, EnvironmentUnusable, UsageError
from harness.execution import machine as machine_module
from harness.execution.machine import Machine
from harness.execution.plan import Reader, make_plan
from harness.execution.worker_pool import Settings
from harness.processes.limits import Limits
from harness.processes.step import StepResult
from harness.results.judgement import is_as_declared
from harness.results.outcome import make_outcome
from harness.results.run import RunEnvironment
from tests.unit.builders import make_scenario

HERE = RunEnvironment(name="here", tensorflow="2.21.0", keras="3.15.1", numpy="2.4.6")


class Rehearsal(Machine):
    """A machine whose steps write two rows of ones, and whatever `litter` leaves."""

    litter = staticmethod(lambda _: None)

    def run(self, step, *_):
        target = step.reference
        if step.kind == "save":
            self.litter(step.artifact)
        else:
            target = f"{step.folder}/predictions.npz"
        np.savez(target, predictions=np.array([[1.0], [2.0]]), inputs=np.ones((2, 1)))
        return StepResult(ended="whole", output="said by the step")


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "work").mkdir()
    return Rehearsal(tmp_path / "work", Settings(Limits()))


@pytest.fixture
def task(tmp_path):
    scenario = make_scenario(tmp_path / "scenarios")
    return make_plan([scenario], HERE, [Reader(HERE, ("CPU:0",))])[0]


def judge(task, measured):
    path = task.paths[0]
    return is_as_declared(make_outcome(path.scenario, path.key, path.declared, measured))


def test_a_task_without_trouble_gives_its_verdict(machine, task):
    saved = machine.save(task)
    assert saved.failed is None
    assert machine.restore(task.paths[0], saved).verdict == "match"
    assert list(machine.work.iterdir()) == []


def break_judging(*_):
    raise KeyError("a bug of ours")


@pytest.mark.parametrize("broken", ["measure_restore", "make_bundle"])
def test_a_bug_of_ours_costs_its_outcome_and_keeps_its_traceback(
    machine, task, monkeypatch, broken
):
    monkeypatch.setattr(machine_module, broken, break_judging)
    saved = machine.save(task)
    measured = saved.failed or machine.restore(task.paths[0], saved)
    assert measured.verdict == "error"
    assert (measured.error.type, measured.error.message) == (
        "RestorebenchBug",
        "KeyError: 'a bug of ours'",
    )
    assert "in break_judging" in measured.error.traceback
    assert measured.raw.output == "said by the step"
    assert not judge(task, measured)
    assert list(machine.work.iterdir()) == []


def test_a_bug_is_not_the_declared_error_even_with_its_words(machine, task, monkeypatch):
    monkeypatch.setattr(machine_module, "measure_restore", break_judging)
    measured = machine.restore(task.paths[0], machine.save(task))
    path = task.paths[0]
    outcome = make_outcome(path.scenario, path.key, path.declared, measured)
    outcome.expected, outcome.raises = "error", "a bug of ours"
    assert not is_as_declared(outcome)


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "x"), ConnectionError("x"), OSError("no number")]
)
def test_a_bug_that_is_an_oserror_is_not_called_a_full_disk(machine, task, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(machine_module, "measure_restore", fail)
    measured = machine.restore(task.paths[0], machine.save(task))
    assert measured.error.type == "RestorebenchBug"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.EDQUOT])
def test_a_disk_or_a_system_in_need_ends_the_run_with_a_sentence(
    machine, task, monkeypatch, number
):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(machine_module, "measure_restore", fail)
    with pytest.raises(CannotWrite, match="cannot be written"):
        machine.restore(task.paths[0], machine.save(task))


def test_a_sentence_stays_the_sentence_it_is(machine, task, monkeypatch):
    def fail(*_):
        raise UsageError("said already")

    monkeypatch.setattr(machine_module, "measure_restore", fail)
    with pytest.raises(UsageError, match="said already"):
        machine.restore(task.paths[0], machine.save(task))


def test_what_goes_wrong_while_a_machine_is_closed_is_no_outcome(machine, task, monkeypatch):
    saved = machine.save(task)
    monkeypatch.setattr(machine_module, "measure_restore", break_judging)
    machine.closed = True
    with pytest.raises(EnvironmentUnusable, match="is being ended"):
        machine.restore(task.paths[0], saved)


def test_a_bug_in_opening_an_environment_costs_that_environment_and_shows_where(
    machine, monkeypatch
):
    monkeypatch.setattr(machine, "resolve", break_judging)
    with pytest.raises(EnvironmentUnusable, match=r"a bug of restorebench keeps 2\.4") as raised:
        machine.describe("2.4")
    assert "in break_judging" in raised.value.found
    assert "report" in raised.value.tip


def leave_a_circle(artifact):
    os.symlink(".", f"{artifact}/a")
    os.symlink(".", f"{artifact}/b")  # two of them: without a check 2^40 files


def leave_a_socket(artifact):
    here = os.getcwd()
    os.chdir(artifact)  # a socket's path has at most 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("it")
    finally:
        os.chdir(here)


def leave_no_folder(artifact):
    os.rmdir(artifact)


def leave_a_file_instead(artifact):
    os.rmdir(artifact)
    with open(artifact, "w"):
        pass


def leave_more_than_memory(artifact):
    with open(f"{artifact}/it", "wb") as sparse:
        sparse.truncate(2**43)


ODD = {
    "it is a link that leads nowhere": lambda artifact: os.symlink("nowhere", f"{artifact}/it"),
    "it is a link that leads nowhere ": lambda artifact: os.symlink("it", f"{artifact}/it"),
    "leads back to a folder that holds it": leave_a_circle,
    "it is a named pipe": lambda artifact: os.mkfifo(f"{artifact}/it"),
    "it is a socket": leave_a_socket,
    "it is a device": lambda artifact: os.symlink("/dev/zero", f"{artifact}/it"),
    "left no folder": leave_no_folder,
    "left no folder ": leave_a_file_instead,
    "GiB of memory are free": leave_more_than_memory,
}


@pytest.mark.parametrize("words", ODD)
def test_an_artifact_that_cannot_travel_costs_its_paths_and_names_the_file(machine, task, words):
    machine.litter = ODD[words]
    failed = machine.save(task).failed
    assert (failed.verdict, failed.error.type) == ("error", "ArtifactRefused")
    assert words.strip() in failed.error.message
    assert failed.raw.output == "said by the step"
    assert not judge(task, failed)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
@pytest.mark.parametrize("mode", [0o000, 0o200])
def test_a_file_nobody_may_read_costs_its_paths(machine, task, mode):
    def litter(artifact):
        with open(f"{artifact}/it", "w"):
            os.chmod(f"{artifact}/it", mode)

    machine.litter = litter
    assert "it cannot be read" in machine.save(task).failed.error.message


def test_a_name_that_is_no_text_travels(machine, task):
    name = os.fsdecode(b"caf\xe9")

    def litter(artifact):
        with open(f"{artifact}/{name}", "w") as file:
            file.write("here")

    machine.litter = litter
    saved = machine.save(task)
    saved.bundle.unpack(machine.work / "there", machine.work / "there.npz")
    assert (machine.work / "there" / name).read_text() == "here"


def test_a_bundle_that_cannot_be_laid_out_costs_its_path(machine, task, monkeypatch):
    """A name that one file system takes and another does not."""
    saved = machine.save(task)

    def fail(*_, **__):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))

    monkeypatch.setattr("tarfile.TarFile.extractall", fail)
    measured = machine.restore(task.paths[0], saved)
    assert measured.error.type == "ArtifactRefused"
    assert "name too long" in measured.error.message
