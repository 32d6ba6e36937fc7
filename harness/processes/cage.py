"""The cage of a step that opens somebody else's file: what it may do, and whether one is to be had.

harness/worker/cage.py shuts the process in; docs/explanation/the-cage.md explains it.
"""

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from harness.processes.limits import Limits
from harness.processes.variables import WORKER_FOLDER

PROBE_SECONDS = 60.0
LARGEST_FILE = 8 << 30  # bytes of one file that a caged step writes


class Cage(msgspec.Struct, frozen=True, kw_only=True):
    """What a caged process may do: fill `folder`, read `readable` and the environment.

    `home` is the user's: of it nothing else is read. `memory_bytes` of data, `file_bytes` of one
    file, `cpu_seconds` of all threads.
    """

    folder: str
    readable: list[str]
    home: str
    memory_bytes: int
    file_bytes: int = LARGEST_FILE
    cpu_seconds: int


def make_cage(folder: Path, readable: Iterable[Path], limits: Limits) -> Cage:
    """Return the cage of a step that works in `folder`. The limits from outside come first."""
    return Cage(
        folder=str(folder.resolve()),
        readable=[str(each.resolve()) for each in readable],
        home=os.path.expanduser("~"),
        memory_bytes=limits.memory_bytes,
        cpu_seconds=int(limits.seconds + 60) * (os.cpu_count() or 1),
    )


@functools.cache
def find_obstacle() -> str:
    """Return why this machine has no cage, as a sentence's end; "" where a process entered one.

    Takes one start of Python (0.1 s), since only trying tells: a container may forbid what its
    kernel knows.
    """
    if sys.platform != "linux":
        return "Landlock and seccomp are there on Linux only"
    with tempfile.TemporaryDirectory() as temporary:
        folder, file = Path(temporary, "step"), Path(temporary, "cage.json")
        folder.mkdir()
        file.write_bytes(msgspec.json.encode(make_cage(folder, [], Limits())))
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(WORKER_FOLDER), "cage", str(file)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    said = (done.stdout or done.stderr).strip().splitlines()
    if said:
        return said[-1]
    return f"a process ended in it with exit code {done.returncode}" if done.returncode else ""
