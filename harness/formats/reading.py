"""Read an untrusted model in a separate process, within limits of time and memory.

A C library parses HDF5. A damaged file must neither crash the caller's process nor exhaust its
memory. The child process is `python -m harness.formats PATH` (__main__.py).
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from harness.errors import UsageError
from harness.formats.facts import Facts, plain

CPU_SECONDS = 2
MEMORY_BYTES = 224 << 20  # of data; a mapped file does not count
READING_SECONDS = 60.0  # of the clock: a busy machine may take long to begin
UNREADABLE_EXIT = 4  # the child's exit code where its stdout is the reason
OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)  # how the kernel ends a process at its RLIMIT_CPU
ROOT = Path(__file__).resolve().parents[2]


def read_model_facts(path: Path) -> Facts:
    """Return the facts that the model at `path` records; raises UsageError if it is unreadable.

    No code in the file is run, and no other file is read.
    """
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "harness.formats", os.path.abspath(path)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=READING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise refuse(path, f"reading it took longer than {READING_SECONDS:.0f} s") from error
    except ValueError as error:  # a path with a zero byte
        raise refuse(path, str(error)) from error
    answer = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode == 0:
        return Facts(**json.loads(answer))
    if done.returncode == UNREADABLE_EXIT:
        raise refuse(path, *answer.split("\n", 1))
    if done.returncode == -OUT_OF_TIME:
        raise refuse(path, f"reading it took more than {CPU_SECONDS} s of CPU time")
    ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
    raise refuse(path, f"the reading process crashed ({ended}), so the file is damaged")


def refuse(path: Path, found: str, tip: str = "") -> UsageError:
    """Return the error for a path at which there is no readable model; `tip` is the cure."""
    if " models: " in found:
        return UsageError(f"which model? {plain(path, 400)} is a folder", found, "name one of them")
    return UsageError(
        f"there is no readable model at {plain(path, 400)}",
        found,
        tip or "name an undamaged .keras or .h5 file, SavedModel folder or checkpoint",
    )
