"""`diagnose --load` and `--prove`: what only a restored model tells, in a cage."""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from harness.cli.waiting import show_progress
from harness.errors import EnvironmentUnusable, UsageError
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis
    from harness.origin.who_wrote import Origin
    from harness.verdicts.statistics import Array

ProveOption = Annotated[
    bool,
    typer.Option("--prove", help="Carry out the cure on a copy, in a cage, and predict again."),
]

NOTHING_TO_PROVE = (
    "give --inputs and --expected: without a finding --prove has no cure to carry out"
)
LoadOption = Annotated[
    bool,
    typer.Option("--load", help="Restore a copy in a cage too, and look at what each layer gives."),
]


@dataclass(frozen=True)
class Restoring:
    """What is given beside the model: as `diagnose` takes it."""

    reader: str
    code: Path | None
    trust: bool
    inputs: Path | None
    expected: "Array | None"
    predicted: "Array | None"

    def own_code(self) -> Path | None:
        """Return the code, where it brings classes for the model."""
        return self.code if self.code and defines_class(self.code) else None

    def read_inputs(self) -> "dict[str, Array] | None":
        """Return the inputs by name; raises UsageError for a file without arrays."""
        from harness.origin.samples import read_samples

        return read_samples(self.inputs, "--inputs") if self.inputs else None


def look_inside(model: Path, diagnosis: "Diagnosis", given: Restoring) -> "Diagnosis":
    """Return the diagnosis with what the model shows when it is restored.

    Raises UsageError as `prove`, and EnvironmentUnusable where a release cannot be built.
    """
    from harness.diagnose.findings import rank
    from harness.diagnose.observe import Observer
    from harness.diagnose.prove import choose_release
    from harness.files import temporary_folder

    origin = open_origin(model, given.trust, "--load")
    release = given.reader or choose_release(origin)
    arrays = given.read_inputs(), given.expected, given.predicted
    own = given.own_code()
    with temporary_folder() as work, show_progress(f"restoring a copy in {release}"):
        seen = Observer(origin, work, release, own, given.trust, *arrays).observe()
    findings = rank([*diagnosis.findings, *seen.findings])
    return msgspec.structs.replace(diagnosis, restored=seen, findings=findings)


def prove(model: Path, diagnosis: "Diagnosis", given: Restoring) -> "Diagnosis":
    """Return the diagnosis with what came of its cures, carried out on copies of the model.

    Raises UsageError for a model that is not loaded because it is unsafe, or because this machine
    has no cage.
    """
    from harness.diagnose.causes import CAUSES
    from harness.diagnose.proof import leave_to_people
    from harness.diagnose.prove import Prover
    from harness.files import temporary_folder

    if not diagnosis.findings:
        return msgspec.structs.replace(diagnosis, needed=[*diagnosis.needed, NOTHING_TO_PROVE])
    if all(CAUSES[each.cause].by_hand for each in diagnosis.findings):
        left = [leave_to_people(each.cause) for each in diagnosis.findings]
        return msgspec.structs.replace(diagnosis, proofs=left)
    origin = open_origin(model, given.trust, "--prove")
    arrays = given.read_inputs(), given.expected, given.predicted
    own = given.own_code()
    with temporary_folder() as work, show_progress("carrying out the cure on a copy"):
        prover = Prover(origin, work, given.reader, own, given.trust, *arrays)
        proofs = prover.prove_all(diagnosis.findings)
    return msgspec.structs.replace(diagnosis, proofs=proofs)


def note_failure(diagnosis: "Diagnosis", error: EnvironmentUnusable) -> "Diagnosis":
    """Return the diagnosis with why the model could not be restored."""
    said = f"restore it where that works; here {error.problem}"
    return msgspec.structs.replace(diagnosis, needed=[*diagnosis.needed, said])


def open_origin(model: Path, trust: bool, option: str) -> "Origin":
    """Return who wrote a model that may be loaded; raises UsageError for one that may not."""
    from harness.api import read_model_file
    from harness.report.model_file import refuse_to_restore

    origin = read_model_file(model)
    again = command_line(f"{join(sys.argv[1:])} --trust")  # with all that was typed
    if origin.missing or (origin.dangers and not trust):
        raise refuse_to_restore(origin, model, again)
    if not origin.holds_model:
        raise UsageError(
            f"{option} needs a whole model, and this is {origin.format}",
            "it cannot be loaded without the code that builds the model",
            command_line(f"diagnose {quote(str(model))}"),
        )
    return origin


def defines_class(code: Path) -> bool:
    """Return whether a file brings classes for the model, and is no script that only restores."""
    from harness.diagnose.code_rules import read_code

    return any(isinstance(each, ast.ClassDef) for each in read_code(code).body)
