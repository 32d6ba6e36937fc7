"""Which release wrote a saved model: what the file says, and what only some releases write.

The reading is done in a process of its own (harness.formats), within limits: a C library parses
HDF5, and nothing a file holds may take the harness down.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.formats.__main__ import CPU_SECONDS, UNREADABLE
from harness.formats.facts import (
    CHECKPOINT,
    CONFIG_JSON,
    HDF5_WEIGHTS,
    TFLITE,
    WEIGHTS_H5,
    Facts,
    plain,
)
from harness.origin.likely_releases import choose_releases

OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)  # how the kernel ends who exceeds RLIMIT_CPU
READING_SECONDS = 120.0  # of the clock; the reader limits its own CPU time and memory
ROOT = Path(__file__).resolve().parents[2]
WITHOUT_MODEL = {HDF5_WEIGHTS, WEIGHTS_H5, CHECKPOINT, CONFIG_JSON, TFLITE}


@dataclass(frozen=True)
class Origin:
    """Who wrote a saved model. `releases`: as `env add` takes them, the likeliest first.

    `keras`, `tensorflow`: the versions the file itself names. `evidence`: sentences, each what was
    read where. `custom`: classes and functions the reader must bring. `dangers`: why loading runs
    code of the file, or reads others; empty where it does not. `path`: the model itself, where a
    folder with one model in it was given.
    """

    format: str
    path: Path
    keras: str | None
    tensorflow: str | None
    releases: tuple[str, ...]
    evidence: tuple[str, ...]
    custom: tuple[str, ...]
    dangers: tuple[str, ...]

    @property
    def holds_model(self) -> bool:
        """Say whether the file is a whole Keras model, architecture and weights."""
        return self.format not in WITHOUT_MODEL


def read_origin(path: Path) -> Origin:
    """Return who wrote the model at `path`; raises UsageError where there is none to be read.

    Nothing of the file is run, and no other file is read.
    """
    facts = read_in_process(path)
    releases, reason = choose_releases(facts)
    return Origin(
        facts.format,
        Path(facts.path),
        facts.keras,
        facts.tensorflow,
        tuple(releases),
        tuple(filter(None, (*facts.evidence, reason))),
        tuple(facts.custom),
        tuple(facts.dangers),
    )


def read_in_process(path: Path) -> Facts:
    """Return what the file says; a crash of the reading process is a sentence like any other."""
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
        raise unreadable(path, f"reading it took longer than {READING_SECONDS:.0f} s") from error
    except ValueError as error:  # a path with a zero byte
        raise unreadable(path, str(error)) from error
    answer = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode == 0:
        return Facts(**json.loads(answer))
    if done.returncode == UNREADABLE:
        raise unreadable(path, answer)
    if done.returncode == -OUT_OF_TIME:
        raise unreadable(path, f"reading it took more than {CPU_SECONDS} s of CPU time")
    ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
    raise unreadable(path, f"it brought the reading process down ({ended}), so it is damaged")


def unreadable(path: Path, found: str) -> UsageError:
    """Return the refusal of a path."""
    if " models: " in found:
        return UsageError(f"which model? {plain(path, 400)} is a folder", found, "name one of them")
    return UsageError(
        f"no model can be read from {plain(path, 400)}",
        found,
        "give a .keras or .h5 file, a SavedModel folder or a checkpoint, whole and not damaged",
    )
