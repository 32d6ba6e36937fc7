"""Which runs are whose: a run belongs to the process that holds its lock file."""

from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import CannotWrite
from harness.locks import remove_lock, try_lock

if TYPE_CHECKING:
    from filelock import FileLock


class HeldRuns:
    """The runs of one reports folder that this process is at; each has a lock, `run-ID.lock`."""

    def __init__(self, reports: Path) -> None:
        self.reports = reports
        self.locks: dict[int, FileLock] = {}

    def hold(self, run: int) -> bool:
        """Take a run's lock; return whether nobody else has it. Raises CannotWrite."""
        if run not in self.locks:
            path = self.reports / f"run-{run}.lock"
            try:
                lock = try_lock(path)
            except OSError as error:
                raise CannotWrite(
                    f"the run's lock cannot be made: {path}",
                    str(error),
                    "make room, or name another folder with --reports",
                ) from error
            if lock is None:
                return False
            self.locks[run] = lock
        return True

    def release(self, run: int) -> None:
        """Let go of a run that may be resumed: its lock file stays, or two could hold one each."""
        if run in self.locks:
            self.locks.pop(run).release()

    def end(self, run: int) -> None:
        """Let go of a run that nobody will take again."""
        if run in self.locks:
            remove_lock(self.locks.pop(run))

    def release_all(self) -> None:
        """Let go of every run."""
        for run in list(self.locks):
            self.release(run)
