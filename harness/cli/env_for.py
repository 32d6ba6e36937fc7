"""`env for`: which release wrote a saved model, and what it predicts when it is restored there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.printer import JsonOption, Printer
from harness.errors import CHANGED, EXPECTED, UsageError
from harness.program import command_line

if TYPE_CHECKING:
    from harness.origin.restore import ModelOutput, RestoredModel
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

    for name in (release, reader):
        check_name(name)  # an unknown name is refused before any work is done
    if code is not None and not code.is_file():
        raise UsageError(f"there is no file {code}", "", "--code needs a Python file")
    printer = Printer(json_file)
    with show_progress(f"reading {model}"):
        origin = read_model_file(model)
    chosen = release or origin.releases[0]
    record = as_record(origin)
    printer.text("\n".join(describe_origin(origin, model)))
    if not origin.holds_model:
        printer.record(record)
        printer.text("\n".join(advise_without_model(origin)))
        printer.tip(f"Next: {command_line(f'env add {spell(chosen)}')}")
        return
    if not restore:
        printer.record(record)
        printer.tip(f"Next: {command_line(f'env for {quote(str(model))}')}")
        return
    if origin.dangers and not trust:
        raise UsageError(
            f"{model} was not restored: loading it would run code or read files named in it",
            "\n".join(origin.dangers),
            "if you trust its author, add --trust; with --no-restore the release is only named",
        )
    there, compared = restore_and_compare(origin, chosen, reader, code, trust, printer)
    printer.record(record | {"restored": as_result(there, chosen), "compared": compared or None})
    if not there.error:
        printer.text(f"\nTo load the model there: {spell_load(origin, there, code)}")
    following = f"env requirements {spell(chosen)} > requirements.txt"
    if there.error:  # a recipe for that release would not help
        following = f"search {quote(' '.join(there.error.split())[:80])}"
    printer.tip(f"Next: {command_line(following)}")
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


def describe_origin(origin: "Origin", given: Path) -> list[str]:
    """Return the likely release as text, with the evidence below."""
    from harness.formats.facts import plain

    others = f" (or {', '.join(origin.releases[1:])})" if origin.releases[1:] else ""
    name = plain(origin.path.name)
    where = f" ({name})" if origin.path.name != given.name else ""
    lines = [
        f"{plain(given.name)}{where}: {origin.format}, for release {origin.releases[0]}{others}"
    ]
    lines += [f"  {sentence}" for sentence in origin.evidence]
    if origin.custom:
        lines.append(f"  the model needs your classes or functions: {', '.join(origin.custom)}")
    lines += [f"  {sentence}" for sentence in origin.dangers]
    return lines


def advise_without_model(origin: "Origin") -> list[str]:
    """Return the next step for a file that does not hold a complete Keras model."""
    from harness.formats.facts import CHECKPOINT, CONFIG_JSON, TFLITE

    path = origin.path
    if origin.format == TFLITE:
        return [
            "The file is no longer a Keras model. Any later TensorFlow can run the file:",
            f"  tf.lite.Interpreter(model_path={str(path)!r})",
        ]
    if origin.format == CONFIG_JSON:
        return [
            "The file holds an architecture without weights. New weights would be random.",
            f"  tf.keras.models.model_from_json(open({str(path)!r}).read())",
        ]
    call = f"model.load_weights({str(path)!r})"
    if origin.format == CHECKPOINT:
        call += f"  # or tf.train.Checkpoint(model=model).read({str(path)!r})"
    return [
        "The file holds weights without a model. Build the model in that release, then:",
        f"  {call}",
    ]


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
        printer.text("\n".join(["", *describe_restored(there, chosen, origin, code)]))
        if there.error:
            return there, ""
        if not reader and not has_own_tensorflow():
            printer.text(WITHOUT_READER)
            return there, WITHOUT_READER
        ours = prepare(reader or OWN)
        with show_progress(f"restoring in {reader or 'your TensorFlow'}"):
            here = restore_model(ours, path, origin, work / "here", code, trust, there.inputs_file)
        compared = describe_reader(here, there, reader or "your own environment")
        printer.text(compared)
    return there, compared


def describe_restored(
    there: "RestoredModel", chosen: str, origin: "Origin", code: Path | None
) -> list[str]:
    """Return as text how restoring went in the release that wrote the model."""
    from harness.origin.restore import ROWS, describe_predictions

    if there.error:
        lines = [f"In {chosen}{there.spell_versions()} the model cannot be restored: {there.error}"]
        if origin.custom and code is None:
            needed = ", ".join(origin.custom)
            lines.append(
                f"The model needs {needed}: put their code into one file, and add --code FILE.py"
            )
        elif origin.releases[1:]:
            lines.append(
                f"Another release that may have written the model: --release {origin.releases[1]}"
            )
        return lines
    lines = [f"Restored in {chosen}{there.spell_versions()}, {ROWS} rows:"]
    for given in there.inputs:
        lines.append(f"  in   {spell_tensor(given)}: {given.fed}")
    for each, kind, array in zip(there.outputs, there.findings(), there.predictions, strict=False):
        lines.append(f"  out  {spell_tensor(each)}: {kind}, {describe_predictions(array)}")
    return lines


def describe_reader(here: "RestoredModel", there: "RestoredModel", name: str) -> str:
    """Return one sentence: how the same file behaves in another TensorFlow with the same inputs."""
    from harness.origin.restore import compare_restored

    where = f"In {name}{here.spell_versions()}"
    if here.error:
        return f"{where} the model cannot be restored: {here.error}"
    equal, said = compare_restored(here, there)
    verdict = "predicts the same" if equal else "PREDICTS SOMETHING ELSE"
    how = " by its signature" if here.by_signature else ""
    return f"{where} the model is restored{how} and {verdict}: {said}."


def spell(release: str) -> str:
    """Return a release as the command line takes it: "2.18 --with keras==3.8.0"; or a path."""
    from harness.environments.interpreter import is_path

    if is_path(release):
        return quote(release)
    return release.replace(" with ", " --with ")


def spell_tensor(tensor: "ModelOutput") -> str:
    """Return a tensor's name, shape and dtype."""
    shape = "?" if tensor.shape is None else ", ".join(map(str, tensor.shape))
    return f"{tensor.name} ({shape}) {tensor.dtype}"


def spell_load(origin: "Origin", there: "RestoredModel", code: Path | None) -> str:
    """Return the line of Python that loads the model in the release."""
    from harness.formats.facts import SAVED_MODEL

    path = repr(str(origin.path))
    if there.by_signature:
        return f'tf.saved_model.load({path}).signatures["serving_default"]'
    call = f"tf.keras.models.load_model({path}, compile=False)"
    if origin.format == SAVED_MODEL and str(there.versions.get("tensorflow")).startswith("1."):
        return f"tf.compat.v1.enable_eager_execution(); model = {call}"
    named = [f'"{name}": tf.keras.losses.{long}' for name, long in there.explained.items()]
    if code:
        yours = [name for name in origin.custom if name.rpartition(">")[2].isidentifier()]
        named += [f'"{name}": {name.rpartition(">")[2]}' for name in yours] or ["..."]
    if not named:
        return call
    return f"with tf.keras.utils.custom_object_scope({{{', '.join(named)}}}): model = {call}"


@contextmanager
def show_progress(what: str) -> Iterator[None]:
    """Show a slow action on stderr: with a clock on a terminal, as a line in a log."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        typer.echo(f"{what} ...", err=True)
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield
