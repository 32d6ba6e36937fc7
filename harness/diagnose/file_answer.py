"""What a model file says: made in a process with limits, and sent as JSON."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import msgspec

from harness.diagnose.findings import Finding
from harness.errors import RestorebenchError, UsageError
from harness.formats.facts import plain
from harness.formats.reading import OUT_OF_TIME, READING_SECONDS, ROOT, UNREADABLE_EXIT

Computed = Literal["as expected", "as predicted", "as neither", "cannot"]


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of arrays: a `.npy`, or for inputs an `.npz` too; "" for none."""

    inputs: str = ""
    expected: str = ""
    predicted: str = ""


class OwnOutputs(msgspec.Struct, frozen=True, kw_only=True):
    """What the file itself gives for the inputs, by a forward pass in numpy."""

    computed: Computed
    reason: str
    findings: list[Finding] = []


class LayerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One layer with weights: how many numbers, their range, and which share of them is 0."""

    name: str
    kind: str
    place: str
    count: int
    minimum: float | None
    maximum: float | None
    zeros: float


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A file's facts (harness.formats.facts.Facts, as JSON), its layers, and what rules found.

    `unread`: why weights could not be read, "" where they were or where the file has none. `own`:
    what a forward pass gave, None where no inputs were given.
    """

    facts: msgspec.Raw
    layers: list[LayerSummary]
    findings: list[Finding]
    unread: str = ""
    own: OwnOutputs | None = None


class CannotRead(RestorebenchError):
    """There is a file, and no model in it can be read."""

    exit_code = 3


def read_file_answer(path: Path, reader: str = "", samples: Samples | None = None) -> FileAnswer:
    """Return what the model at `path` says; no code in the file is run.

    `reader`: a Keras version whose reading is foretold. `samples`: arrays that the model's own
    outputs are compared with; where computing takes too long, they are left out. Raises UsageError
    where nothing is there, and CannotRead where no model can be read.
    """
    if not path.exists() and not path.with_name(path.name + ".index").exists():
        raise UsageError(f"there is no file {plain(path, 400)}", "", "name a model file or folder")
    given = msgspec.json.encode(samples or Samples()).decode()
    command = [sys.executable, "-m", "harness.diagnose", os.path.abspath(path), reader, given]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=READING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise refuse(path, f"reading it took longer than {READING_SECONDS:.0f} s") from error
    if done.returncode == 0:
        return msgspec.json.decode(done.stdout, type=FileAnswer)
    if done.returncode == UNREADABLE_EXIT:
        raise refuse(path, *done.stdout.decode("utf-8", "replace").strip().split("\n", 1))
    if samples and done.returncode:
        answer = read_file_answer(path, reader)
        own = OwnOutputs(computed="cannot", reason="computing the model here takes too long")
        return msgspec.structs.replace(answer, own=own)
    if done.returncode == -OUT_OF_TIME:
        raise refuse(path, "reading it took too much CPU time")
    ended = f"exit {done.returncode}" if done.returncode > 0 else f"signal {-done.returncode}"
    raise refuse(path, f"the reading process crashed ({ended}), so the file is damaged")


def refuse(path: Path, found: str, tip: str = "") -> CannotRead:
    """Return the error for a path at which there is no readable model; `tip` is the cure."""
    usual = "name an undamaged .keras or .h5 file, SavedModel folder or checkpoint"
    return CannotRead(
        f"there is no readable model at {plain(path, 400)}", found, tip.strip() or usual
    )
