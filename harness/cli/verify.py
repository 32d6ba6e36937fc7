"""`verify`: is a restored model the one that was sealed?"""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.model_options import CodeOption, TrustOption
from harness.cli.options import number_between
from harness.cli.printer import JsonOption, Printer
from harness.cli.seal import say_code
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, EXPECTED, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.seals.verification import Verification


def verify(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model with its seal, MODEL.seal, beside it.")
    ],
    reader: Annotated[
        str,
        typer.Option(
            metavar="RELEASE|PATH",
            help="Restore it there (default: your own TensorFlow).",
            show_default=False,
        ),
    ] = "",
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy",
            help="What you feed the model today (.npz: by name); compared with what was sealed.",
            show_default=False,
        ),
    ] = None,
    code: CodeOption = None,
    tolerance: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of an output's spread that is rounding; 1e-2 after a GPU.",
            parser=number_between(0, 1),
        ),
    ] = 1e-4,
    trust: TrustOption = False,
    json_file: JsonOption = None,
) -> None:
    """Restore a model and compare it with its seal: outputs, weights, code, today's inputs.

    The model is restored from a copy in a cage. Exit code 0: verified; 1: something differs, or
    the model does not load; 2: wrong usage, or no seal; 3: a seal or an environment that cannot be
    used.
    """
    from harness.api import read_model_file
    from harness.environments.resolve import OWN, check_name, choose_default, open_portable
    from harness.origin.samples import read_samples
    from harness.report.seal import describe_verification
    from harness.seals.run import check_can_verify, verify_model

    check_name(reader)
    given = read_samples(inputs, "--inputs") if inputs else None
    printer = Printer(json_file)
    with show_progress(f"reading {model}"):
        origin = read_model_file(model)
    check_can_verify(origin, trust)
    chosen = reader or choose_default()
    called = "your own environment" if chosen == OWN else chosen
    with show_progress(f"opening {called} (built first where it is missing)"):
        environment = open_portable(chosen)
    with show_progress(f"restoring in {called}"):
        found = verify_model(environment, origin, chosen, given, code, trust, tolerance)
    printer.record(found)
    printer.prose(printable("\n".join(describe_verification(found))))
    printer.tip(printable(f"Next: {choose_next(found, model, inputs, code)}"))
    raise typer.Exit(EXPECTED if found.verified else CHANGED)


def choose_next(found: "Verification", model: Path, inputs: Path | None, code: Path | None) -> str:
    """Return the next command; of a verified model today's inputs are looked at, or a release."""
    if found.verified and inputs:
        return command_line("env list --all")
    if any(each.check == "load" and each.details for each in found.findings):  # its classes
        return command_line(f"verify {quote(str(model))} --code code.py")
    if found.verified:
        return command_line(f"verify {quote(str(model))}{say_code(code)} --inputs today.npy")
    given = f" --inputs {quote(str(inputs))}" if inputs else ""
    return command_line(f"diagnose {quote(str(model))}{given}{say_code(code)}")
