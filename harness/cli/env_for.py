"""`env for`: which release wrote a saved model, and what it predicts when it is restored there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.printer import JsonOption, Printer
from harness.errors import CHANGED, EXPECTED, UsageError, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.origin.restore import RestoredModel
    from harness.origin.who_wrote import Origin

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
    reader: Annotated[
        str,
        typer.Option(
            metavar="RELEASE|PATH",
            help="Compare with this release or interpreter (default: your own TensorFlow).",
            show_default=False,
        ),
    ] = "",
    code: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.py", help="A Python file with the classes that the model needs."
        ),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Restore although that runs code in the file.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Name the release that wrote a model; restore the model there and with your TensorFlow.

    If your Python has no TensorFlow, --reader names the TensorFlow to compare with. Exit code 1:
    the model does not load in that release, or predicts only zeros, constants or NaN.
    """
    from harness.api import read_model_file
    from harness.environments.resolve import check_name
    from harness.report.model_file import (
        advise_without_model,
        describe_origin,
        spell,
        spell_load,
    )

    for name in (release, reader):
        check_name(name)  # an unknown name is refused before any work is done
    if code is not None and not code.is_file():
        raise UsageError(f"there is no file {code}", "", "--code needs a Python file")
    printer = Printer(json_file)
    with show_progress(f"reading {model}"):
        origin = read_model_file(model)
    chosen = release or origin.releases[0]
    record = as_record(origin)
    printer.text(printable("\n".join(describe_origin(origin, model))))
    if not origin.holds_model:
        printer.record(record)
        printer.text(printable("\n".join(advise_without_model(origin))))
        printer.tip(f"Next: {command_line(f'env add {spell(chosen)}')}")
        return
    if not restore:
        printer.record(record)
        needs = " --code FILE.py" if origin.custom and code is None else ""
        needs += " --trust" if origin.dangers else ""
        printer.tip(printable(f"Next: {command_line(f'env for {quote(str(model))}{needs}')}"))
        return
    if origin.dangers and not trust:
        raise UsageError(
            f"{model.name or model} was not restored, because it is unsafe",
            "\n".join(origin.dangers),
            "if you trust its author, add --trust; with --no-restore the release is only named",
        )
    there, compared = restore_and_compare(origin, chosen, reader, code, trust, printer)
    printer.record(record | {"restored": as_result(there, chosen), "compared": compared or None})
    if not there.error:
        printer.text(printable(f"\nTo load the model there: {spell_load(origin, there, code)}"))
    following = f"env requirements {spell(chosen)} > requirements-{chosen.split()[0]}.txt"
    if there.error:  # a recipe for that release would not help
        following = f"search {quote(' '.join(there.error.split())[:80])}"
    printer.tip(printable(f"Next: {command_line(following)}"))
    raise typer.Exit(EXPECTED if there.is_sound() else CHANGED)


def as_record(origin: "Origin") -> dict[str, object]:
    """Return the JSON object for a file's origin, before anything is restored."""
    return {
        "file": str(origin.path),
        "format": origin.format,
        "holds_model": origin.holds_model,
        "releases": origin.releases,
        "tensorflow": origin.tensorflow,
        "keras": origin.keras,
        "evidence": origin.evidence,
        "custom": origin.custom,
        "dangers": origin.dangers,
        "unsafe": bool(origin.dangers),
        "restored": None,
        "compared": None,
    }


def as_result(there: "RestoredModel", release: str) -> dict[str, object]:
    """Return the JSON object for restoring the file in a release."""
    found = there.findings()
    return {
        "release": release,
        "versions": there.versions,
        "error": there.error or None,
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
    reader: str,
    code: Path | None,
    trust: bool,
    printer: Printer,
) -> tuple["RestoredModel", str]:
    """Restore in the release and in the reader, and print both; return the first, and a sentence.

    The default reader is this Python's TensorFlow. Without a reader nothing is compared.
    """
    import tempfile

    from harness.environments.resolve import (
        OWN,
        has_own_tensorflow,
        is_installed,
        open_environment,
    )
    from harness.origin.restore import make_loadable, restore_model
    from harness.processes.variables import Environment
    from harness.report.model_file import describe_reader, describe_restored

    def prepare(spec: str) -> Environment:
        if is_installed(spec):
            return replace(open_environment(spec), portable_kernels=True)
        with show_progress(f"opening {spec} (it is built if it is missing)"):
            return replace(open_environment(spec), portable_kernels=True)

    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        path = make_loadable(origin, work)
        environment = prepare(chosen)
        with show_progress(f"restoring in {chosen}"):
            there = restore_model(environment, path, origin, work / "there", code, trust)
        printer.text(printable("\n".join(["", *describe_restored(there, chosen, origin, code)])))
        if there.error:
            return there, ""
        if not reader and not has_own_tensorflow():
            printer.text(WITHOUT_READER)
            return there, WITHOUT_READER
        ours = prepare(reader or OWN)
        with show_progress(f"restoring in {reader or 'your TensorFlow'}"):
            here = restore_model(ours, path, origin, work / "here", code, trust, there.inputs_file)
        compared = printable(describe_reader(here, there, reader or "your own environment"))
        printer.text(compared)
    return there, compared


@contextmanager
def show_progress(what: str) -> Iterator[None]:
    """Show a slow action on stderr: with a clock on a terminal, as a line in a log."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console, what = Console(stderr=True, highlight=False), printable(what)
    if not console.is_terminal:
        typer.echo(f"{what} ...", err=True)
        yield
        return
    described = TextColumn("{task.description}", markup=False)  # a path may hold brackets
    columns = (SpinnerColumn(), described, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield
