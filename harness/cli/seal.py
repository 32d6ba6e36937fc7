"""`seal`: write beside a model what it gives and what it is made of, for `verify`."""

import shutil
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from harness.cli.model_options import CodeOption, TrustOption
from harness.cli.printer import JsonOption, Printer
from harness.cli.waiting import show_progress
from harness.errors import EXPECTED, UsageError, printable
from harness.program import command_line


def seal(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[MODEL]", help="A .keras or .h5 file, or a SavedModel."),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy",
            help="Inputs as the model is fed (.npz: by name). 32 rows are kept; the statistics are"
            " of all.",
            show_default=False,
        ),
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy", help="Seal only if the model gives these outputs for --inputs."
        ),
    ] = None,
    release: Annotated[
        str,
        typer.Option(
            metavar="RELEASE|PATH",
            help="Restore it there (default: the release that wrote it).",
            show_default=False,
        ),
    ] = "",
    code: CodeOption = None,
    trust: TrustOption = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write the seal anew where there is one.")
    ] = False,
    function: Annotated[
        bool,
        typer.Option(
            "--function",
            help="Write restorebench_seal.py into this folder: seal() and verify() for your"
            " scripts, in Python 3.7 and numpy.",
        ),
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Write a seal beside a model: sample inputs and outputs, its layers, versions, its code.

    The seal is the folder MODEL.seal. `verify MODEL` compares the model with it, anywhere.
    Exit code 1: not sealed, and why.
    """
    if function:
        raise typer.Exit(write_function())
    if model is None or inputs is None:
        missing = "a model" if model is None else "inputs"
        named = quote(str(model or "model.keras"))
        tip = command_line(f"seal {named} --inputs x.npy")
        raise UsageError(f"seal needs {missing}", "", tip)
    from harness.api import read_model_file
    from harness.environments.resolve import OWN, check_name, open_portable
    from harness.origin.own_release import choose_writer
    from harness.origin.samples import read_samples
    from harness.origin.who_wrote import spell_writer
    from harness.report.seal import describe_seal
    from harness.seals.place import find_seal
    from harness.seals.run import check_can_seal, seal_model

    check_name(release)
    given = read_samples(inputs, "--inputs")
    wanted = read_samples(expected, "--expected") if expected else None
    printer = Printer(json_file)
    with show_progress(f"reading {model}"):
        origin = read_model_file(model)
    check_can_seal(origin, trust, replace)
    chosen = choose_writer(origin, release)
    called = "your own environment" if chosen == OWN else chosen
    printer.prose(printable(f"{model.name}: {origin.format}, {spell_writer(origin)}"))
    with show_progress(f"opening {called} (built first where it is missing)"):
        environment = open_portable(chosen)
    with show_progress(f"restoring in {called}"):
        made = seal_model(environment, origin, given, wanted, code, trust, replace)
    printer.record(made)
    folder = find_seal(origin.path)
    printer.prose(printable("\n".join(describe_seal(made, folder, wanted is not None))))
    following = command_line(f"verify {quote(str(model))}{say_code(code)}")
    printer.tip(printable(f"Next: {following}"))
    raise typer.Exit(EXPECTED)


def say_code(code: Path | None) -> str:
    """Return the option --code as it was given, "" where it was not."""
    return f" --code {quote(str(code))}" if code else ""


def write_function() -> int:
    """Copy restorebench_seal.py into this folder; return the exit code."""
    from harness.seals.seal_file import MODULE

    target = Path(MODULE.name)
    if target.exists() and target.read_bytes() != MODULE.read_bytes():
        raise UsageError(
            f"{target} is there already", "it is another one", "rename it, or delete it"
        )
    if target.exists():
        typer.echo(f"{target} is here already. In the script that saves the model:")
    else:
        shutil.copyfile(MODULE, target)
        typer.echo(f"Wrote {target}. In the script that saves the model:")
    typer.echo("  from restorebench_seal import seal")
    typer.echo('  seal(model, inputs, "model.keras")  # after model.save("model.keras")')
    typer.echo(f"Next: {command_line('verify model.keras')}")
    return EXPECTED
