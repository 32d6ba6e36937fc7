"""Whose folder a run works in, and what a full disk is called: execution/work_folder.py."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile

import pytest

from harness.execution.work_folder import disk_trouble, hold_private_folder, hold_work_folder
from tests.conftest import REPOSITORY

HOLD = """
import os, signal, sys
from pathlib import Path
from harness.execution.work_folder import hold_private_folder, hold_work_folder
holding = hold_work_folder(Path(sys.argv[1]), 1) if sys.argv[1:] else hold_private_folder()
with holding as work:
    (work / "artifact").mkdir()
    print(work, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold():
    """Start processes that each hold a folder until they are killed; give them and the folder."""
    started = []

    def hold(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, *map(str, arguments)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_folder_stays_while_its_process_lives_and_goes_with_the_next_run_after_a_kill(
    hold, tmp_path
):
    """Whatever the process ids: in another container they are others, or somebody else's."""
    process, folder = hold(tmp_path)
    with hold_work_folder(tmp_path, 1) as work:
        assert os.path.isdir(folder)
        assert work.is_dir()
    process.kill()
    process.wait()
    with hold_work_folder(tmp_path, 1):
        assert not os.path.exists(folder)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_of_a_harness_of_old_whose_process_id_was_given_away_is_removed(tmp_path):
    old = tmp_path / "work" / f"run-1-{os.getppid()}"
    old.mkdir(parents=True)
    with hold_work_folder(tmp_path, 2):
        assert not old.exists()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_private_folder_is_nobody_elses_and_is_gone_at_the_end(temporary):
    with hold_private_folder() as work:
        [private] = temporary.iterdir()
        assert work.parent == private
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        with hold_private_folder() as second:
            assert second.parent != private
        assert work.is_dir()
    assert list(temporary.iterdir()) == []


def test_a_private_folder_left_by_a_kill_is_removed_by_the_next_one_here(hold, temporary):
    process, folder = hold()
    assert folder.startswith(str(temporary))
    with hold_private_folder():
        assert os.path.isdir(folder)
    process.kill()
    process.wait()
    with hold_private_folder():
        assert not os.path.exists(os.path.dirname(folder))


def test_a_link_in_the_place_of_a_private_folder_is_not_followed(temporary):
    elsewhere = temporary / "elsewhere" / "my-data"
    elsewhere.mkdir(parents=True)
    (temporary / "restorebench-x").symlink_to(elsewhere.parent)
    with hold_private_folder():
        assert elsewhere.is_dir()


def test_a_folder_that_is_gone_is_not_called_a_full_disk(tmp_path):
    found = disk_trouble(tmp_path / "gone" / "step", None).found
    free = shutil.disk_usage(tmp_path).free // 1024
    assert "is gone" in found
    assert abs(int(found.split("; ")[1].split()[0]) - free) < free / 2
