"""`rescue`: write an old model anew, so that today's TensorFlow loads it, and prove it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.model_options import CodeOption, InputsOption, TrustOption
from harness.cli.printer import JsonOption, Printer
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, EXPECTED, UsageError, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.origin.who_wrote import Origin

TARGET = "2.21"


def rescue(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A .keras or .h5 file, or a SavedModel.")
    ],
    to: Annotated[
        str,
        typer.Option("--to", metavar="RELEASE|PATH", help="The release that is to load the model."),
    ] = TARGET,
    release: Annotated[
        str,
        typer.Option(
            metavar="RELEASE|PATH",
            help="The release that wrote it (default: as the file says).",
            show_default=False,
        ),
    ] = "",
    code: CodeOption = None,
    inputs: InputsOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.keras",
            help="The new file (default: MODEL-rescued.keras, in this folder).",
            show_default=False,
        ),
    ] = None,
    trust: TrustOption = False,
    json_file: JsonOption = None,
) -> None:
    """Write an old model as a new file that today's TensorFlow loads with load_model.

    The new file is written only when it is proven: it predicts in the new release what the old file
    predicts in its own. A model that Keras 3 cannot have becomes a SavedModel that only predicts.
    Nothing is overwritten. Exit code 1: not rescued, and why.
    """
    from harness.api import read_model_file
    from harness.environments.resolve import check_name, open_portable
    from harness.files import temporary_folder
    from harness.origin.own_release import name_writer
    from harness.origin.samples import read_samples
    from harness.report.model_file import describe_origin, spell
    from harness.report.rescue import (
        describe_call,
        describe_load,
        describe_rescue,
        fold,
        make_rescue_record,
    )
    from harness.rescue.new_file import publish, refuse_to_overwrite
    from harness.rescue.rescue import Rescuer

    for name in (to, release):
        check_name(name)
    check_target(to)
    place = output or Path(f"{model.resolve().stem}-rescued.keras")
    check_place(place)
    if place.exists() or place.is_symlink():
        raise refuse_to_overwrite(place)
    given = read_samples(inputs, "--inputs") if inputs else None
    printer = Printer(json_file)
    with show_progress(f"reading {model}"):
        origin = read_model_file(model)
    first, *evidence = describe_origin(origin, model)
    printer.prose(printable(first))
    if evidence:
        printer.prose(printable("\n".join(evidence)), in_pipe=80)
    check_origin(origin, model, trust)
    check_folder(model, place)
    own = name_writer(origin, release)
    with temporary_folder() as work:
        with show_progress(f"opening {own} and {to} (they are built if they are missing)"):
            there, target = map(open_portable, (own, to))
        with show_progress(f"restoring in {own}, rebuilding in {to}"):
            made = Rescuer(origin, there, target, work, code, trust, given).carry_out()
        if made.not_rebuilt:
            place = place.with_suffix("")
        if made.file and not made.reason:
            publish(made.file, place)
    if lines := describe_rescue(made, model, own, to):
        printer.prose(printable("\n".join(["", *lines])), in_pipe=80)
    written = place if made.file and not made.reason else None
    printer.record(make_rescue_record(made, own, to, written))
    if made.reason:
        printer.text(printable("\n" + "\n".join(fold(f"Not rescued: {made.reason}."))))
        if made.needed:
            printer.text(printable("\n".join(fold(f"Needed: {made.needed}."))))
        following = f"env for {shlex.quote(str(model))} --reader {spell(to)}"
        printer.tip(printable(f"Next: {command_line(following)}"))
        raise typer.Exit(CHANGED)
    if made.not_rebuilt:
        printer.text(printable("\n" + "\n".join(describe_call(made, written or model, to))))
    else:
        printer.text(printable(f"\nWrote {written}. It is proven: load it in {to} with"))
        printer.text(printable("\n".join(describe_load(written or place, origin.custom, code))))
    following = f"env for {shlex.quote(str(written or model))}"
    if code and origin.custom and not made.not_rebuilt:
        following += f" --code {shlex.quote(str(code))}"
    printer.tip(printable(f"Next: {command_line(following)}"))
    raise typer.Exit(EXPECTED)


def check_target(to: str) -> None:
    """Raise UsageError for a release whose Keras writes no `.keras` of today."""
    numbers = to.partition("+")[0].split(" ")[0].split(".")
    known = len(numbers) >= 2 and all(each.isdigit() for each in numbers[:2])
    if "+legacy" in to or (known and tuple(map(int, numbers[:2])) < (2, 16)):
        raise UsageError(
            f"--to {to} has Keras 2", "rescue writes files of Keras 3", f"use --to {TARGET}"
        )


def check_place(place: Path) -> None:
    """Raise UsageError where the new file cannot be written, before any work is done."""
    from harness.files import check_can_write

    if place.suffix != ".keras":
        raise UsageError(
            f"the new file cannot be called {place.name}",
            "Keras 3 goes by the suffix .keras",
            f"--output {shlex.quote(str(place.with_suffix('.keras')))}",
        )
    check_can_write(place)


def check_folder(model: Path, place: Path) -> None:
    """Raise UsageError where a SavedModel of last resort has no place, before any work is done."""
    from harness.rescue.new_file import refuse_to_overwrite

    folder = place.with_suffix("")
    itself = folder.resolve() == model.resolve()  # an old SavedModel, --output MODEL.keras
    if not itself and (folder.exists() or folder.is_symlink()):
        raise refuse_to_overwrite(folder)


def check_origin(origin: "Origin", model: Path, trust: bool) -> None:
    """Raise UsageError for a file that holds no model, or that is not known to be harmless."""
    if not origin.holds_model or origin.missing:
        raise UsageError(
            f"{model.name} holds no complete model",
            "\n".join(origin.missing) or f"it is: {origin.format}",
            command_line(f"env for {shlex.quote(str(model))}"),
        )
    if origin.dangers and not trust:
        raise UsageError(
            f"{model.name} was not rescued, because it is unsafe",
            "\n".join(origin.dangers),
            f"if you trust its author: {command_line(f'rescue {shlex.quote(str(model))}')} --trust",
        )
