"""`diagnose --inputs` beside what training had: `--train-sample`, `--scaler`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import UsageError
from harness.formats.facts import plain
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis
    from harness.diagnose.findings import Finding
    from harness.verdicts.statistics import Array

TrainSampleOption = Annotated[
    Path | None,
    typer.Option(
        "--train-sample",
        metavar="FILE.npy",
        help="Inputs as the model got them in training, to compare --inputs with.",
        show_default=False,
    ),
]
ScalerOption = Annotated[
    Path | None,
    typer.Option(
        "--scaler",
        metavar="FILE",
        help="The scaler of training (.npz, .json, pickle, joblib; never run), for --inputs.",
        show_default=False,
    ),
]


def check_inputs(
    inputs: Path | None, train_sample: Path | None, scaler: Path | None, model: bool
) -> bool:
    """Return whether inputs are compared with what training had.

    Raises UsageError for one without the other, and for a file without arrays.
    """
    for option, file in (("--train-sample", train_sample), ("--scaler", scaler)):
        if file and inputs is None:
            raise UsageError(
                f"{option} is compared with --inputs, and --inputs is missing",
                "",
                command_line(f"diagnose --inputs today.npy {option} {quote(str(file))}"),
            )
    if inputs and not (model or train_sample or scaler):
        raise UsageError(
            "--inputs needs a model file, --train-sample or --scaler",
            "",
            command_line("diagnose model.keras --inputs x.npy"),
        )
    if scaler:
        from harness.diagnose.file_answer import check_scaler

        check_scaler(scaler)
    if inputs:
        from harness.origin.samples import read_samples

        read_samples(inputs, "--inputs")
    return bool(train_sample or scaler)


def diagnose_inputs(
    inputs: Path,
    train_sample: Path | None,
    scaler: Path | None,
    file: "Diagnosis | None" = None,
) -> "Diagnosis":
    """Return what the inputs of today say beside what training had.

    `file`: what was found in the model, with its scaler. Raises UsageError, and CannotRead for a
    scaler that cannot be read.
    """
    from harness.diagnose.diagnosis import Diagnosis
    from harness.diagnose.file_answer import read_scaler_file
    from harness.diagnose.findings import rank
    from harness.diagnose.rules.scaler import compare_scaler, spell_misfit
    from harness.diagnose.scaler import unpack

    found = compare_samples(inputs, train_sample) if train_sample else []
    if scaler is None:
        return Diagnosis(findings=rank(found))
    read = file.scaler if file else None
    numbers = read or read_scaler_file(scaler)
    known, now = unpack(numbers), read_one(inputs)
    found += compare_scaler(known, now, file.expectation if file else None)
    misfit = spell_misfit(known, now)
    notes = [f"{plain(scaler.name)}: {known}", *([f"{misfit}; not compared"] if misfit else [])]
    return Diagnosis(findings=rank(found), scaler=numbers, notes=notes, unsafe=list(known.dangers))


def read_one(inputs: Path) -> "Array":
    """Return the only array of the inputs; raises UsageError for several."""
    from harness.origin.samples import read_samples

    arrays = list(read_samples(inputs, "--inputs").values())
    if len(arrays) == 1:
        return arrays[0]
    problem = f"--scaler is for one array, and {plain(inputs, 400)} holds {len(arrays)}"
    raise UsageError(problem, "", "save the array that is scaled with np.save")


def compare_samples(inputs: Path, train_sample: Path) -> "list[Finding]":
    """Return what differs between the arrays of today and those of training."""
    import msgspec

    from harness.diagnose.rules.training_inputs import compare_inputs

    found = []
    for name, training, now in pair_arrays(inputs, train_sample):
        where = f"in {name}: " if name else ""
        found += [
            msgspec.structs.replace(each, evidence=f"{where}{each.evidence}")
            for each in compare_inputs(training, now)
        ]
    return found


def pair_arrays(inputs: Path, train_sample: Path) -> list[tuple[str, "Array", "Array"]]:
    """Return the arrays of both files by name: that of training, that of now."""
    from harness.origin.samples import read_samples

    now, training = read_samples(inputs, "--inputs"), read_samples(train_sample, "--train-sample")
    if len(now) == len(training) == 1:
        return [("", next(iter(training.values())), next(iter(now.values())))]
    if set(now) != set(training):
        raise UsageError(
            "--inputs and --train-sample hold arrays of other names",
            f"{', '.join(now)}; {', '.join(training)}",
            "save both with np.savez and the same names",
        )
    return [(name, training[name], now[name]) for name in now]
