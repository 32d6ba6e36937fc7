"""`diagnose --load` and `--prove`: what only a restored model tells, in a cage."""

import sys
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from harness.cli.waiting import show_progress
from harness.errors import EnvironmentUnusable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis
    from harness.diagnose.file_answer import ScalerNumbers
    from harness.diagnose.load.restoring import Restoring
    from harness.verdicts.statistics import Array

ProveOption = Annotated[
    bool,
    typer.Option("--prove", help="Carry out the cure on a copy, in a cage, and predict again."),
]
LimitOption = Annotated[
    int,
    typer.Option(
        "--limit",
        metavar="MODELS",
        min=2,
        help="With --evaluate: how many models --load restores, or --prove cures, at most.",
    ),
]
MOST_MODELS = 240
LoadOption = Annotated[
    bool,
    typer.Option("--load", help="Restore a copy in a cage too, and look at what each layer gives."),
]
NOTHING_TO_PROVE = (
    "give --inputs and --expected: without a finding --prove has no cure to carry out"
)
NOTHING_FOUND = "nothing was found, so --prove has no cure to carry out"
NOTHING_BESIDE_SEAL = (
    "the sealed inputs show no fault, so --prove has no cure to carry out: give --predicted, what"
    " you get now for the inputs.npz of the seal"
)


def gather(
    model: Path,
    reader: str,
    code: Path | None,
    trust: bool,
    inputs: Path | None,
    expected: "Array | None",
    predicted: "Array | None",
    scaler: "ScalerNumbers | None",
    train_sample: Path | None,
) -> "Restoring":
    """Return the model and what is given beside it, else what was sealed.

    Raises UsageError for a file without arrays.
    """
    from harness.diagnose.load.restoring import Restoring
    from harness.diagnose.scaler import unpack
    from harness.origin.samples import read_samples

    sample = list(read_samples(train_sample, "--train-sample").values()) if train_sample else []
    return Restoring(
        model,
        command_line(f"{join(sys.argv[1:])} --trust"),  # with all that was typed
        reader=reader,
        code=code,
        trusted=trust,
        inputs=read_samples(inputs, "--inputs") if inputs else None,
        expected=expected,
        predicted=predicted,
        scaler=unpack(scaler) if scaler else None,
        sample=sample[0] if len(sample) == 1 else None,
    ).beside_seal()


def look_inside(diagnosis: "Diagnosis", given: "Restoring") -> "Diagnosis":
    """Return the diagnosis with what the restored model shows; raises as Restoring.observe."""
    from harness.diagnose.findings import rank
    from harness.environments.resolve import OWN

    where = {"": "the release that wrote it", OWN: "your own environment"}
    with show_progress(f"restoring a copy in {where.get(given.reader, given.reader)}"):
        seen = given.observe()
    findings = rank([*diagnosis.findings, *seen.findings])
    return msgspec.structs.replace(diagnosis, restored=seen, findings=findings)


def prove(diagnosis: "Diagnosis", given: "Restoring") -> "Diagnosis":
    """Return the diagnosis with what came of its cures; raises as Restoring.prove."""
    if not diagnosis.findings and diagnosis.unloadable:  # what --load said is all there is to say
        return diagnosis
    if not diagnosis.findings:
        said = NOTHING_BESIDE_SEAL if given.sealed else NOTHING_TO_PROVE
        if not given.sealed and given.inputs is not None and given.expected is not None:
            look = "" if diagnosis.restored else ": add --load, which looks into the restored model"
            said = f"{NOTHING_FOUND}{look}"
        return msgspec.structs.replace(diagnosis, needed=[*diagnosis.needed, said])
    with show_progress("carrying out the cure on a copy"):
        proofs = given.prove(diagnosis.findings)
    return msgspec.structs.replace(diagnosis, proofs=proofs)


def note_failure(diagnosis: "Diagnosis", error: EnvironmentUnusable) -> "Diagnosis":
    """Return the diagnosis with why the model could not be restored."""
    said = f"restore it where that works; here {error.problem}"
    return msgspec.structs.replace(diagnosis, needed=[*diagnosis.needed, said])
