"""`diagnose --inputs` beside what training had: `--train-sample`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import UsageError
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis
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


def check_inputs(inputs: Path | None, train_sample: Path | None, model: bool) -> bool:
    """Return whether inputs are compared with what training had.

    Raises UsageError for one without the other, and for a file without arrays.
    """
    if train_sample and inputs is None:
        raise UsageError(
            "--train-sample is compared with --inputs, and --inputs is missing",
            "",
            command_line("diagnose --inputs today.npy --train-sample training.npy"),
        )
    if inputs and not (model or train_sample):
        raise UsageError(
            "--inputs needs a model file, or --train-sample",
            "",
            command_line("diagnose model.keras --inputs x.npy"),
        )
    if inputs:
        from harness.origin.samples import read_samples

        read_samples(inputs, "--inputs")
    return bool(train_sample)


def diagnose_inputs(inputs: Path, train_sample: Path | None) -> "Diagnosis":
    """Return what the inputs of today say beside what training had; raises UsageError."""
    import msgspec

    from harness.diagnose.diagnosis import Diagnosis
    from harness.diagnose.findings import rank
    from harness.diagnose.training_inputs import compare_inputs

    found = []
    for name, training, now in pair_arrays(inputs, train_sample) if train_sample else []:
        where = f"in {name}: " if name else ""
        found += [
            msgspec.structs.replace(each, evidence=f"{where}{each.evidence}")
            for each in compare_inputs(training, now)
        ]
    return Diagnosis(findings=rank(found))


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
