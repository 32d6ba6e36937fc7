"""The folder in which a run's steps work, and what is said when the disk is full."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import CannotWrite
from harness.locks import remove_lock, try_lock
from harness.program import command_line

PRIVATE = "restorebench-"  # how the folders of processes elsewhere begin


@contextmanager
def hold_work_folder(reports: Path, run: int) -> Iterator[Path]:
    """Give a fresh folder for artifacts and results, removed at the end.

    Those that harnesses have left which were killed are removed first. Raises CannotWrite.
    """
    folder = reports / "work"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_trouble(reports, error) from error
    remove_abandoned(folder)
    with hold_folder(folder, f"run-{run}") as work:
        yield work


@contextmanager
def hold_private_folder() -> Iterator[Path]:
    """Give a fresh folder among the temporary ones, which no other user can enter or foresee.

    What is put there is executed. Raises CannotWrite.
    """
    everyone = Path(tempfile.gettempdir())
    for other in everyone.glob(f"{PRIVATE}*"):
        if is_own(other) and remove_abandoned(other):
            with suppress(OSError):
                other.rmdir()
    try:
        private = Path(tempfile.mkdtemp(prefix=PRIVATE))  # its mode is 0700
    except OSError as error:
        raise disk_trouble(everyone, error) from error
    try:
        with hold_folder(private, "machine") as work:
            yield work
    finally:
        shutil.rmtree(private, ignore_errors=True)


@contextmanager
def hold_folder(parent: Path, name: str) -> Iterator[Path]:
    """Give a fresh folder in `parent`; a lock beside it is held as long as it is in use."""
    work = parent / f"{name}-{secrets.token_hex(8)}"
    try:
        lock = try_lock(lock_of(work))  # before there is a folder that somebody could remove
        assert lock is not None, "nobody else has this name"
        work.mkdir()
    except OSError as error:
        raise disk_trouble(parent, error) from error
    try:
        yield work.resolve()
    finally:
        shutil.rmtree(work, ignore_errors=True)
        remove_lock(lock)


def remove_abandoned(parent: Path) -> bool:
    """Remove the folders in `parent` whose lock nobody holds; return whether there was one."""
    found = False
    for old in parent.glob("*-*"):
        if old.suffix == ".lock" or not old.is_dir():
            continue
        with suppress(OSError):  # whoever may not write there need not clear it either
            lock = try_lock(lock_of(old))
            if lock is not None:
                found = True
                shutil.rmtree(old, ignore_errors=True)
                remove_lock(lock)
    return found


def lock_of(work: Path) -> Path:
    """Return where the lock of a folder is."""
    return work.with_name(f"{work.name}.lock")


def is_own(folder: Path) -> bool:
    """Say whether a folder is this user's and no link."""
    with suppress(OSError, AttributeError):  # Windows knows no user ids
        status = folder.lstat()
        return status.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()
    return False


def measure_folder(folder: Path) -> int:
    """Return the bytes of the files in a folder and below."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def disk_trouble(folder: Path, error: OSError | None) -> CannotWrite:
    """Return the error for a disk that is full or cannot be written."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    gone = "" if there == folder else f"; the folder {folder} is gone"
    return CannotWrite(
        f"the disk under {folder} cannot be written",
        f"{error or 'a step failed'}; {shutil.disk_usage(there).free // 1024} KiB are free{gone}",
        f"make room, then: {command_line('run --resume')}",
    )
