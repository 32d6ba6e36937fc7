"""`env for`: which release wrote a saved model, and what it predicts when it is restored there."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.env_for_next import choose_following, say_again
from harness.cli.lesson_of_error import tell_explanation
from harness.cli.model_options import CodeOption, InputsOption, TrustOption
from harness.cli.printer import JsonOption, Printer
from harness.cli.releases_option import split_releases
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, EXPECTED, UsageError, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.origin.restore import RestoredModel
    from harness.origin.who_wrote import Origin
    from harness.verdicts.statistics import Array

IS_OWN = "Your own environment has the versions that wrote the file: nothing was built."
WITHOUT_READER = (
    "The predictions were not compared, because this Python has no TensorFlow: choose a release or"
    " an interpreter with --reader."
)


def restore_where_written(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model file, SavedModel or checkpoint.")
    ],
    restore: Annotated[
        bool,
        typer.Option(
            "--restore/--no-restore", help="Build that release and restore the model there."
        ),
    ] = True,
    release: Annotated[
        str,
        typer.Option(
            metavar="RELEASE|PATH",
            help="Restore in this release or interpreter instead.",
            show_default=False,
        ),
    ] = "",
    readers: Annotated[
        list[str] | None,
        typer.Option(
            "--reader",
            metavar="RELEASE|PATH,...",
            callback=split_releases,
            help="Compare with these releases or interpreters (default: your own TensorFlow).",
            show_default=False,
        ),
    ] = None,
    code: CodeOption = None,
    inputs: InputsOption = None,
    expected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy", help="Compare with the predictions that --inputs should give."
        ),
    ] = None,
    trust: TrustOption = False,
    json_file: JsonOption = None,
) -> None:
    """Name the release that wrote a model; restore the model there and with your TensorFlow.

    The model is restored from a copy in a cage: no network, no other program, no file outside.
    If your Python has no TensorFlow, --reader names the TensorFlow to compare with. Exit code 1:
    the model does not load in that release, or predicts only zeros, constants or NaN, or not what
    --expected says.
    """
    from harness.api import read_model_file
    from harness.environments.releases import NEWEST
    from harness.environments.resolve import check_name
    from harness.origin.own_release import choose_writer, name_writer
    from harness.origin.restore import compare_expected
    from harness.origin.samples import read_samples
    from harness.processes.cage import find_obstacle
    from harness.report.cures import cure_windows_names
    from harness.report.model_file import (
        advise_without_model,
        describe_origin,
        refuse_to_restore,
        spell,
        spell_load,
    )
    from harness.report.other_formats import RUN_TODAY

    for name in (release, *(readers or [])):
        check_name(name)  # an unknown name is refused before any work is done
    unused = {"--release": release, "--reader": readers, "--code": code, "--trust": trust}
    unused |= {"--inputs": inputs, "--expected": expected}
    for option in (name for name, value in unused.items() if value and not restore):
        raise UsageError(
            f"{option} is for restoring, so it cannot be used with --no-restore",
            "",
            command_line(f"env for {quote(str(model))} --no-restore"),
        )
    if expected is not None and inputs is None:
        raise UsageError(
            "--expected needs --inputs", "", "name the inputs that these predictions are of"
        )
    given = read_samples(inputs, "--inputs") if inputs else None
    wanted = read_samples(expected, "--expected") if expected else None
    printer = Printer(json_file)
    with show_progress(f"reading {model}"):
        origin = read_model_file(model)
    named, chosen = name_writer(origin, release), choose_writer(origin, release)
    record = as_record(origin)
    first, *evidence = describe_origin(origin, model)
    printer.prose(printable(first))
    if evidence:
        printer.prose(printable("\n".join(evidence)), in_pipe=80)
    if cure := cure_windows_names(origin):
        printer.text(printable("\n".join(cure)))
    if not origin.holds_model:
        printer.record(record)
        for line in advise_without_model(origin):  # code is to be copied, so its lines stay
            if line.startswith(" "):
                printer.text(printable(line))
            else:
                printer.prose(printable(line), in_pipe=80)
        reader = NEWEST if origin.format in RUN_TODAY and not release else named
        printer.tip(f"Next: {command_line(f'env add {spell(reader)}')}")
        return
    if not restore:
        printer.record(record)
        if origin.custom:
            printer.tip("Put the code of your classes and functions into a file, such as code.py.")
        again = say_again(origin, model, trust=bool(origin.dangers))
        printer.tip(printable(f"Next: {command_line(again)}"))
        return
    samples = inputs, expected
    trusting = say_again(origin, model, release, readers, code, True, samples)
    if origin.missing or (origin.dangers and not trust):
        raise refuse_to_restore(origin, model, command_line(trusting))
    obstacle = "" if trust else find_obstacle()
    if obstacle:
        printer.record(record)
        printer.prose(f"\nThe model was not restored, for lack of a cage here: {obstacle}.")
        printer.tip("If you trust the file's author, restore the model without a cage.")
        printer.tip(f"Next: {command_line(trusting)}")
        return
    there, compared = restore_and_compare(
        origin, chosen, readers or [], code, trust, given, printer
    )
    as_expected = None
    if wanted and not there.error:
        as_expected, said = compare_expected(there, wanted)
        verdict = "as expected" if as_expected else "NOT AS EXPECTED"
        printer.prose(f"The predictions are {verdict}: {said}.")
    printer.record(
        record
        | {
            "restored": as_result(there, chosen),
            "compared": compared or None,
            "as_expected": as_expected,
        }
    )
    if not there.error:
        printer.text(printable(f"\nTo load the model there: {spell_load(origin, there, code)}"))
    again = say_again(origin, model, release, readers, code, trust, samples)
    needs_code = bool(origin.custom) and code is None
    following = choose_following(there, named, again, needs_code, as_expected)
    printer.tip(printable(f"Next: {command_line(following)}"))
    sound = there.is_sound() if as_expected is None else as_expected
    raise typer.Exit(EXPECTED if sound else CHANGED)


def as_record(origin: "Origin") -> dict[str, object]:
    """Return the JSON object for a file's origin, before anything is restored."""
    return {
        "file": str(origin.path),
        "format": origin.format,
        "holds_model": origin.holds_model,
        "releases": origin.releases,
        "tensorflow": origin.tensorflow,
        "keras": origin.keras,
        "range": origin.span or None,
        "evidence": origin.evidence,
        "custom": origin.custom,
        "packages": origin.packages,
        "dangers": origin.dangers,
        "unsafe": bool(origin.dangers),
        "missing": origin.missing,
        "signatures": origin.signatures,
        "restored": None,
        "compared": None,
        "as_expected": None,
    }


def as_result(there: "RestoredModel", release: str) -> dict[str, object]:
    """Return the JSON object for restoring the file in a release."""
    found = there.findings()
    return {
        "release": release,
        "versions": there.versions,
        "loaded": there.loaded,
        "error": there.error or None,
        "plain_error": there.plain_error or None,
        "sound": there.is_sound(),
        "inputs": there.inputs,
        "outputs": [
            {"name": each.name, "shape": each.shape, "dtype": each.dtype, "found": kind}
            for each, kind in zip(there.outputs, found, strict=False)
        ],
    }


def restore_and_compare(
    origin: "Origin",
    chosen: str,
    readers: list[str],
    code: Path | None,
    trust: bool,
    given: "dict[str, Array] | None",
    printer: Printer,
) -> tuple["RestoredModel", str]:
    """Restore in the release and in the readers, and print all; return the first, and a sentence
    for each reader.

    The default reader is this Python's TensorFlow. Without a reader nothing is compared.
    """
    from harness.environments.resolve import (
        OWN,
        has_own_tensorflow,
        is_installed,
        open_portable,
    )
    from harness.files import temporary_folder
    from harness.origin.restore import restore_model
    from harness.processes.variables import Environment
    from harness.report.model_file import describe_reader, describe_restored

    def prepare(spec: str) -> Environment:
        if is_installed(spec):
            return open_portable(spec)
        with show_progress(f"opening {spec} (built first where it is missing)"):
            return open_portable(spec)

    with temporary_folder() as work:
        environment = prepare(chosen)
        called = "your own environment" if chosen == OWN else chosen
        with show_progress(f"restoring in {called}"):
            there = restore_model(environment, origin, work / "there", code, trust, given)
        printer.prose(printable("\n".join(["", *describe_restored(there, called, origin, code)])))
        if explained := tell_explanation(there.plain_error):
            printer.prose(explained)
        if there.error:
            return there, ""
        if not readers and chosen == OWN:
            printer.prose(IS_OWN)
            return there, IS_OWN
        if not readers and not has_own_tensorflow():
            printer.prose(WITHOUT_READER)
            return there, WITHOUT_READER
        compared = []
        for number, reader in enumerate(readers or [OWN]):
            ours, home = prepare(reader), work / f"here-{number}"
            named = "your own environment" if reader == OWN else reader
            with show_progress(f"restoring in {named}"):
                here = restore_model(ours, origin, home, code, trust, there.fed)
            compared.append(printable(describe_reader(here, there, named)))
            printer.prose(compared[-1])
            if explained := tell_explanation(here.error or here.plain_error):
                printer.prose(explained)
    return there, "\n".join(compared)
