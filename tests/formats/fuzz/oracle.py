"""What must hold of every input: an answer or a sentence, in 2 s, and nothing raw from the file."""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.cli import diagnose as command
from harness.diagnose import describe, diagnosis, file_answer
from harness.diagnose.__main__ import answer_file
from harness.diagnose.file_answer import Samples, encode
from harness.diagnose.rules.code import find_in_code, read_code
from harness.errors import RestorebenchError, printable
from harness.files import to_json
from harness.formats.facts import Unreadable, plain
from harness.formats.reading import CPU_SECONDS, NotRead
from harness.origin.samples import read_samples
from tests.formats.fuzz.readers import READERS, Reader


@dataclass
class Tally:
    """What became of the inputs of one reader. `faults`: the input's name, and what was wrong."""

    inputs: int = 0
    answers: int = 0
    refused: int = 0
    died: int = 0
    slowest: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)


def read_here(module: str, path: Path, *words: str) -> bytes:
    """Do in this process what the reading process does, so that an exception is seen."""
    del module
    samples = msgspec.json.decode(words[1], type=Samples) if words[1:] else None
    try:
        return encode(answer_file(path, words[0], samples))
    except (Unreadable, MemoryError, RecursionError, OSError) as error:
        raise NotRead(plain(error)) from error


def diagnose(path: Path, samples: Samples | None) -> None:
    """Diagnose a file as the command does; raises RestorebenchError where it is refused."""
    file_answer.run_reader = read_here  # type: ignore[assignment]
    said = diagnosis.diagnose_file(path, "2.21", samples)
    text = "\n".join(describe.describe_diagnosis(said))
    text += json.dumps(describe.tabulate_layers(said.layers)) + command.choose_next(said)
    check_shown(printable(text))
    check_shown(to_json(said))


def check_shown(text: str) -> None:
    """Raise AssertionError for what a terminal would carry out."""
    assert all(each.isprintable() or each == "\n" for each in text), "shown raw"


def judge(name: str, folder: Path, data: bytes, tally: Tally) -> None:
    """Read one input, and count what became of it; a fault is kept under its number."""
    reader: Reader = READERS[name]
    path = reader.write(folder, data)
    tally.inputs += 1
    begun = time.process_time()
    try:
        outcome = read_one(name, path, reader, folder)
    except Exception as error:
        keep(tally, data, folder, f"{type(error).__name__}: {plain(error)} at {place_of(error)}")
        return
    spent = time.process_time() - begun
    tally.slowest = max(tally.slowest, spent)
    if spent > CPU_SECONDS:
        keep(tally, data, folder, f"it took {spent:.1f} s")
    tally.answers += outcome
    tally.refused += not outcome


def read_one(name: str, path: Path, reader: Reader, folder: Path) -> bool:
    """Return whether the input was read, False where it was refused in a sentence."""
    try:
        if name == "--code":
            find_in_code(read_code(path))
        elif name == "--inputs":
            read_samples(path, name)
        else:
            diagnose(path, make_samples(folder) if reader.samples else None)
    except RestorebenchError as error:
        check_shown(printable(error.render()))
        return False
    return True


def make_samples(folder: Path) -> Samples:
    """Return the arrays that lie beside the file."""
    return Samples(inputs=str(folder / "inputs.npy"), expected=str(folder / "expected.npy"))


def place_of(error: BaseException) -> str:
    """Return the last place of ours in a traceback."""
    found, at = "", error.__traceback__
    while at is not None:
        file = at.tb_frame.f_code.co_filename
        if "harness" in file:
            found = f"{Path(file).name}:{at.tb_lineno}"
        at = at.tb_next
    return found


def keep(tally: Tally, data: bytes, folder: Path, said: str) -> None:
    """Record a fault, each kind once, with its input beside the tally."""
    if said not in tally.faults.values():
        number = f"fault-{len(tally.faults)}-{os.getpid()}"
        (folder / number).write_bytes(data)
        tally.faults[number] = said


def save(tally: Tally, path: Path) -> None:
    """Write a tally, so that it outlives the process."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(tally.__dict__))
    part.replace(path)


def load(path: Path) -> Tally:
    """Return the tally that a process left, an empty one where it left none."""
    return Tally(**json.loads(path.read_text())) if path.exists() else Tally()
