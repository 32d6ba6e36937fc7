"""`doctor`: is this machine ready for the course?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.printer import JsonOption, Printer
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.course.doctor import Check

OfflineOption = Annotated[
    Path | None,
    typer.Option(
        "--offline",
        metavar="FOLDER",
        show_default=False,
        help="Install TensorFlow, where it is missing, from the wheels in FOLDER.",
    ),
]


def doctor(offline: OfflineOption = None, json_file: JsonOption = None) -> None:
    """Check that the course can run here: Python, TensorFlow, disk, memory, one model restored."""
    from harness.course.doctor import examine

    printer = Printer(json_file)
    if offline is not None:
        install_missing(offline)
    with show_progress("saving and restoring one model"):
        report = examine()
    printer.record(report)
    for check in report.checks:
        show_check(printer, check)
    for note in report.notes:
        printer.prose(f"NOTE     {note}")
    if report.ready:
        printer.tip(f"Next: {command_line('learn init my-course')}")
        return
    tips = [each.tip for each in report.checks if each.tip]
    printer.tip(printable(f"Next: {tips[0]}"))
    raise typer.Exit(CHANGED)


def install_missing(folder: Path) -> None:
    """Install TensorFlow from a folder of wheels, unless this Python has it."""
    from harness.environments.offline import install_offline
    from harness.environments.resolve import has_own_tensorflow

    if has_own_tensorflow():
        typer.echo("TensorFlow is here already: nothing is installed.", err=True)
        return
    with show_progress("installing TensorFlow"):
        install_offline(folder, sys.executable)


def show_check(printer: Printer, check: "Check") -> None:
    """Print how one check came out, and under what is missing the command that mends it."""
    printer.prose(printable(f"{'ok' if check.ok else 'MISSING':7}  {check.said}"))
    if check.tip:
        printer.text(printable(f"TIP      {check.tip}"))
