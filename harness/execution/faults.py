"""What an exception that ends a task means: a machine in trouble, or a bug of restorebench."""

import errno
import os
import shutil
import traceback
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path

from harness.processes.step import StepError
from harness.results.judgement import BUG

DISK_NEEDED = 1024 * 1024  # with less free than this, an error is the disk's doing
# What the system says where it has nothing left to give: no task's doing, and no bug.
SHORTAGES = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.ESTALE,
}
# What executors raise of themselves; RuntimeError: of one that is shut down.
LOSSES = (BrokenExecutor, CancelledError, OSError, EOFError, RuntimeError)
EXECUTORS = {"dask", "distributed", "tornado", "concurrent"}


def is_machine_trouble(error: OSError, work: Path) -> bool:
    """Say whether the disk or the system is the reason, rather than the file that was asked for."""
    if error.errno in SHORTAGES or not os.access(work, os.W_OK | os.X_OK):
        return True
    return shutil.disk_usage(work).free < DISK_NEEDED


def is_executor_lost(error: Exception) -> bool:
    """Say whether a future failed because its executor did, not because of our code.

    Our code's own exceptions do not come this far from a Machine: they are outcomes there.
    """
    return isinstance(error, LOSSES) or type(error).__module__.split(".")[0] in EXECUTORS


def describe_bug(error: BaseException, step: str | None = None) -> StepError:
    """Return what an outcome says of an exception that is ours, its traceback with it."""
    try:
        said = str(error)
    except Exception:
        said = "(it cannot be printed)"
    return StepError(
        type=BUG,
        message=f"{type(error).__name__}: {said}".rstrip(": "),
        traceback="".join(traceback.format_exception(error)),
        step=step,
    )
