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

from harness.errors import RestorebenchError, UsageError
from harness.formats.facts import Facts, plain

CPU_SECONDS = 2
MEMORY_BYTES = 224 << 20  # of data; a mapped file does not count
READING_SECONDS = 60.0  # of the clock: a busy machine may take long to begin
UNREADABLE_EXIT = 4  # the child's exit code where its stdout is the reason
OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)  # how the kernel ends a process at its RLIMIT_CPU
ROOT = Path(__file__).resolve().parents[2]


class NotRead(Exception):
    """A reading process gave no answer: `found` says why, `tip` the cure ("" for the usual one).

    `died`: the process was ended, by a limit or by a damaged file, before it could say anything.
    """

    def __init__(self, found: str, tip: str = "", died: bool = False) -> None:
        super().__init__(found)
        self.found, self.tip, self.died = found, tip, died


def read_model_facts(path: Path) -> Facts:
    """Return the facts that the model at `path` records; raises UsageError if it is unreadable.

    No code in the file is run, and no other file is read.
    """
    try:
        return Facts(**json.loads(run_reader("harness.formats", path)))
    except NotRead as error:
        raise refuse(path, error) from error


def run_reader(module: str, path: Path, *arguments: str) -> bytes:
    """Return what `python -m MODULE PATH ...` prints of a model, within limits; raises NotRead."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, os.path.abspath(path), *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=READING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotRead(f"reading it took longer than {READING_SECONDS:.0f} s") from error
    except ValueError as error:  # a path with a zero byte
        raise NotRead(str(error)) from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode == UNREADABLE_EXIT:
        found, _, tip = done.stdout.decode("utf-8", "replace").strip().partition("\n")
        raise NotRead(found, tip.strip())
    if done.returncode == -OUT_OF_TIME:
        raise NotRead(f"reading it took more than {CPU_SECONDS} s of CPU time", died=True)
    ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
    said = f"the reading process crashed ({ended}), so the file is damaged"
    raise NotRead(said, died=True)


def refuse(
    path: Path, error: NotRead, kind: type[RestorebenchError] = UsageError
) -> RestorebenchError:
    """Return the error, of such a kind, for a path at which there is no readable model."""
    shown = plain(path, 400)
    if " models: " in error.found:
        return kind(f"which model? {shown} is a folder", error.found, "name one of them")
    usual = "name an undamaged .keras or .h5 file, SavedModel folder or checkpoint"
    return kind(f"there is no readable model at {shown}", error.found, error.tip or usual)
