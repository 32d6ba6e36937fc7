"""What would have told the cause of a case: the evidence that `diagnose` finds in its folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.course.case_files import ARRAYS
from harness.course.cases import Case, Shown
from harness.diagnose.diagnosis import Diagnosis, diagnose_file, diagnose_outputs, join
from harness.diagnose.file_answer import CannotRead, Samples
from harness.errors import UsageError

OPTIONS: dict[Shown, str] = {"inputs": "--inputs", "before": "--expected", "now": "--predicted"}


@dataclass(frozen=True)
class Evidence:
    """`found`: the number and its place, "" where it is not there. `others`: what else is named.

    `arguments` are those of the `diagnose` that shows it, one option with its value each.
    """

    found: str
    others: frozenset[str]
    arguments: list[list[str]]


def find_evidence(case: Case, place: Path) -> Evidence:
    """Return the evidence in the folder of a case, whatever became of its files."""
    there: dict[Shown, Path] = {
        name: place / ARRAYS[name] for name in case.shows if (place / ARRAYS[name]).exists()
    }
    arguments = [[str(place / case.files[0])]]
    arguments += [[OPTIONS[name], str(path)] for name, path in there.items()]
    arguments += [["--reader", case.reader]] if case.reader else []
    try:
        diagnosis = examine(case, place, there)
    except (UsageError, CannotRead, OSError, ValueError):
        return Evidence("", frozenset(), arguments)
    found = {each.cause: each.evidence for each in diagnosis.findings}
    lessons = {each.scenario for each in diagnosis.findings if each.cause != case.evidence}
    if case.evidence:
        said = found.get(case.evidence, "")
    else:
        said = diagnosis.reason if diagnosis.answer == "equal" and not found else ""
    return Evidence(said, frozenset(lessons | (found.keys() - {case.evidence})), arguments)


def examine(case: Case, place: Path, there: dict[Shown, Path]) -> Diagnosis:
    """Return what `diagnose` says of the files; raises what it raises of damaged ones."""
    paths = {OPTIONS[name].removeprefix("--"): str(path.resolve()) for name, path in there.items()}
    samples = Samples(**paths) if "inputs" in there else None
    diagnosis = diagnose_file(place / case.files[0], case.reader, samples)
    if {"before", "now"} <= there.keys():
        before, now = (np.load(there[name], allow_pickle=False) for name in ("before", "now"))
        diagnosis = join(diagnosis, diagnose_outputs(before, [now]))
    return diagnosis
