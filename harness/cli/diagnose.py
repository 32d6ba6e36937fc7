"""`diagnose`: name the cause of wrong predictions, and the code that cures it."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import diagnose_load
from harness.cli.diagnose_inputs import (
    ScalerOption,
    TrainSampleOption,
    check_inputs,
    diagnose_inputs,
)
from harness.cli.diagnose_load import MOST_MODELS, LimitOption, LoadOption, ProveOption
from harness.cli.diagnose_reports import HtmlOption, SarifOption, check_reports, write_reports
from harness.cli.lesson_of_error import find_explanation
from harness.cli.model_options import TrustOption
from harness.cli.options import suggest_lesson
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.errors import CHANGED, EXPECTED, EnvironmentUnusable, UsageError, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis
    from harness.verdicts.statistics import Array

MOST_PREDICTED = 2
WIDEST = 1000  # columns where nothing limits a table


def diagnose(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[MODEL]", help="A model file, SavedModel or checkpoint."),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy",
            help="Inputs of MODEL (.npz: by name), to compute its outputs without TensorFlow.",
            show_default=False,
        ),
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npy", help="What the model gave before it was saved."),
    ] = None,
    predicted: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.npy",
            help="What it gives now, for the same inputs; twice for two calls.",
        ),
    ] = None,
    code: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.py",
            help="Your layers, or the script that restores; read. --load and --prove run it, in the"
            " cage.",
            show_default=False,
        ),
    ] = None,
    reader: Annotated[
        str,
        typer.Option(
            metavar="RELEASE",
            help="Say too what this release would do with MODEL.",
            show_default=False,
        ),
    ] = "",
    train_sample: TrainSampleOption = None,
    scaler: ScalerOption = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Without MODEL: answers to the questions that are asked on a terminal.",
            show_default=False,
        ),
    ] = None,
    load: LoadOption = False,
    prove: ProveOption = False,
    trust: TrustOption = False,
    causes: Annotated[
        bool, typer.Option("--causes", help="List every cause that can be named.")
    ] = False,
    evaluation: Annotated[
        int,
        typer.Option(
            "--evaluate",
            metavar="SEEDS",
            min=0,
            help="Say how often diagnose is right, on made models of so many seeds; with --load and"
            " --prove also in the cage.",
            show_default=False,
        ),
    ] = 0,
    limit: LimitOption = MOST_MODELS,
    json_file: JsonOption = None,
    sarif: SarifOption = None,
    html: HtmlOption = None,
) -> None:
    """Name the cause of wrong predictions, with evidence and a cure; TensorFlow is not needed.

    Without MODEL and other files, on a terminal, it asks six questions and says what to check.
    Exit code 0: nothing found; 1: findings, predictions that differ, or a model that --load does
    not restore; 2: wrong usage; 3: a file that cannot be read, or no release for --load.
    """
    from harness.cli import diagnose_asked
    from harness.diagnose.causes.table import ALL
    from harness.diagnose.combine import diagnose_all
    from harness.diagnose.describe import describe_causes
    from harness.diagnose.file_answer import Samples

    printer = Printer(json_file)
    given = [
        each
        for each in (model, code, inputs, train_sample, scaler, *(predicted or []), expected)
        if each
    ]
    check_reports(sarif, html, given)
    if causes:
        printer.record(list(ALL))
        printer.prose(describe_causes())
        printer.tip(f"Next: {command_line('diagnose --help')}")
        raise typer.Exit(EXPECTED)
    if evaluation:
        from harness.cli.diagnose_evaluate import print_evaluation  # brings rich: it takes time

        print_evaluation(evaluation, load, prove, limit, printer)
        raise typer.Exit(EXPECTED)
    nothing = not (given or reader or load or prove)
    if answers or (nothing and diagnose_asked.can_ask()):
        if answers and given:
            raise diagnose_asked.refuse_both(answers)
        diagnose_asked.consult(answers, printer, lambda one: print_diagnosis(one, printer))
    arrays = [read_one(path, "--predicted") for path in predicted or []]
    wanted = read_one(expected, "--expected") if expected else None
    if reader and model is None:
        raise UsageError("--reader needs a model file", "", command_line("diagnose model.keras"))
    if (load or prove) and model is None:
        option = "--load" if load else "--prove"
        raise UsageError(f"{option} needs a model file", "", command_line("diagnose model.keras"))
    beside = check_inputs(inputs, train_sample, scaler, model is not None)
    check_evidence(
        model,
        model is not None or code is not None or beside,
        wanted is not None,
        len(arrays),
        inputs is not None or (model is not None and bool(arrays) and tells_alone(model)),
    )
    samples = Samples(
        inputs=spell_path(inputs),
        expected=spell_path(expected),
        predicted=spell_path(predicted[0] if predicted else None),
        scaler=spell_path(scaler),
        again=spell_path(predicted[1] if predicted and len(predicted) > 1 else None),
    )
    more = None
    if beside and inputs:
        more = partial(diagnose_inputs, inputs, train_sample, scaler)
    diagnosis = diagnose_all(model, code, reader, samples, wanted, arrays, more)
    failed: EnvironmentUnusable | None = None
    if (load or prove) and model:
        now = arrays[0] if arrays else None
        known = diagnosis.scaler, train_sample
        restoring = diagnose_load.gather(model, reader, code, trust, inputs, wanted, now, *known)
        try:
            if load:
                diagnosis = diagnose_load.look_inside(diagnosis, restoring)
            if prove:
                diagnosis = diagnose_load.prove(diagnosis, restoring)
        except EnvironmentUnusable as error:  # what the file told is told all the same
            failed, diagnosis = error, diagnose_load.note_failure(diagnosis, error)
    printer.record(diagnosis)
    print_diagnosis(diagnosis, printer)
    write_reports(diagnosis, sarif, html, given[0], code, printer)
    if failed:
        raise failed
    printer.tip(printable(f"Next: {choose_next(diagnosis)}"))
    raise typer.Exit(CHANGED if diagnosis.wrong else EXPECTED)


def print_diagnosis(diagnosis: "Diagnosis", printer: Printer) -> None:
    """Print what was found, the worst first, and the layers of the file."""
    from harness.diagnose.describe import describe_diagnosis, tabulate_layers
    from harness.diagnose.load.observation import tabulate_outputs
    from harness.report.layout import draw_table

    layout = choose_layout("simple")
    layout = replace(layout, width=layout.width or WIDEST)
    printer.prose(printable("\n".join(describe_diagnosis(diagnosis))))
    if diagnosis.layers and printer.shows_text:
        head, rows = tabulate_layers(diagnosis.layers)
        printer.text(f"\n{draw_table(head, rows, layout, right=head[2:])}")
        if len(rows) < len(diagnosis.layers):
            printer.text(f"{len(diagnosis.layers) - len(rows)} more layers: see --json")
    if diagnosis.restored and diagnosis.restored.layers and printer.shows_text:
        head, rows = tabulate_outputs(diagnosis.restored)
        printer.text(f"\n{draw_table(head, rows, layout, right=head[2:])}")


def spell_path(path: Path | None) -> str:
    """Return a path as another process finds it, "" for none."""
    return str(path.resolve()) if path else ""


def tells_alone(model: Path) -> bool:
    """Return whether predictions without expected ones tell something beside this model.

    A seal holds expected outputs, and a TF-Lite model says how its outputs count.
    """
    from harness.formats.tflite import is_tflite
    from harness.seals.place import has_seal

    return has_seal(model) or is_tflite(model)


def check_evidence(
    model: Path | None, told: bool, expected: bool, predicted: int, inputs: bool
) -> None:
    """Raise UsageError for a call that gives too little evidence, or too much.

    `told`: something else than outputs is given.
    """
    if predicted > MOST_PREDICTED:
        raise UsageError(f"--predicted was given {predicted} times", "", "two calls are enough")
    if expected != bool(predicted) and predicted < MOST_PREDICTED and not inputs:
        missing = "--predicted" if expected else "--expected"
        named = f"{quote(str(model))} --inputs x.npy " if model else ""
        raise UsageError(
            f"outputs are compared, and {missing} is missing",
            "",
            command_line(f"diagnose {named}--expected before.npy --predicted now.npy"),
        )
    if not told and not predicted:
        raise UsageError(
            "diagnose needs a model file, code, outputs to compare, or answers",
            "on a terminal it asks; elsewhere --answers FILE has lines such as: see: zeros",
            command_line("diagnose model.keras --expected before.npy --predicted now.npy"),
        )


def read_one(path: Path, option: str) -> "Array":
    """Return the one array in a file; raises UsageError."""
    from harness.origin.samples import read_samples

    arrays = list(read_samples(path, option).values())
    if len(arrays) != 1:
        raise UsageError(
            f"{path} holds {len(arrays)} arrays",
            "",
            f"{option} needs one array: save it with np.save",
        )
    if not arrays[0].ndim:
        raise UsageError(
            f"{path} holds one number, and no rows", "", f"{option} needs one row for each input"
        )
    return arrays[0]


def choose_next(diagnosis: "Diagnosis") -> str:
    """Return the next command: the lesson of the likeliest cause, else where to look on."""
    for finding in diagnosis.findings:
        if finding.scenario:
            return suggest_lesson(finding.scenario)
    if diagnosis.restored and (words := find_explanation(diagnosis.restored.error)):
        return command_line(words)
    if diagnosis.restored and diagnosis.restored.lacking:
        return suggest_lesson("missing-custom-objects")
    if diagnosis.wrong or diagnosis.model is None:
        return command_line('search "what you see"')
    return command_line(f"env for {quote(diagnosis.model)}")
