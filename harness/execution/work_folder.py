"""The folder in which a run's steps work, and what is said when the disk is full."""

import os
import shutil
from pathlib import Path

import psutil

from harness.errors import CannotWrite
from harness.program import command_line


def make_work_folder(reports: Path, run: int) -> Path:
    """Return a fresh folder for artifacts and results; clears those of harnesses that have died."""
    folder = reports / "work"
    work = folder / f"run-{run}-{os.getpid()}"
    try:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("run-*-*"):
            owner = old.name.rsplit("-", 1)[1]
            if old == work or (owner.isdecimal() and not psutil.pid_exists(int(owner))):
                shutil.rmtree(old, ignore_errors=True)
        work.mkdir()
    except OSError as error:
        raise disk_trouble(reports, error) from error
    return work.resolve()


def measure_folder(folder: Path) -> int:
    """Return the bytes of the files in a folder and below."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def disk_trouble(folder: Path, error: OSError | None) -> CannotWrite:
    """Return the error for a disk that is full or cannot be written."""
    free = shutil.disk_usage(folder).free if folder.exists() else 0
    return CannotWrite(
        f"the disk under {folder} cannot be written",
        f"{error or 'a step failed'}; {free // 1024} KiB are free",
        f"make room, then: {command_line('run --resume')}",
    )
