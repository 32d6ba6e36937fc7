"""How wide output may be, whether it may be coloured, and errors that fit."""

import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

import typer

from harness.catalog.prose import FULL_WIDTH, count_indent, hang
from harness.cli.options import check_format
from harness.errors import RestorebenchError

if TYPE_CHECKING:  # brings tabulate, which `explain` does without
    from harness.report.layout import Layout

NARROWEST = 40  # columns; below, words and figures would be cut to pieces


def prose_width() -> int:
    """Return the columns for prose: the terminal's or COLUMNS, at most a scenario file's, or 80."""
    return max(NARROWEST, min(shutil.get_terminal_size((80, 24)).columns, FULL_WIDTH))


def table_width(stream: TextIO | None = None) -> int | None:
    """Return the columns for tables, None where nothing limits them: in a pipe without COLUMNS.

    `stream` is where they are printed, stdout if it is None.
    """
    asked = os.environ.get("COLUMNS", "")
    if (stream or sys.stdout).isatty() or (asked.isdecimal() and int(asked)):
        return max(NARROWEST, shutil.get_terminal_size((80, 24)).columns)
    return None


def choose_layout(style: str) -> "Layout":
    """Return how tables are shown: fitted to a terminal, unless for another program.

    Raises UsageError if tabulate has no format called `style`.
    """
    from harness.report.layout import Layout

    text = style == "simple"
    if not text:
        check_format(style)
    return Layout(style, table_width() if text else None, takes_colour() and text)


def takes_colour() -> bool:
    """Return whether stdout is a terminal that shows colours and nobody has switched them off."""
    dumb = os.environ.get("TERM") in (None, "dumb", "unknown")
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not dumb


def print_error(error: RestorebenchError) -> None:
    """Print an error on stderr, fitted to a terminal."""
    typer.echo(fit_message(error.render(), table_width(sys.stderr)), err=True)


def fit_message(message: str, width: int | None) -> str:
    """Return an error or a fault in lines of at most `width`; a tip is to be copied, and stays."""
    fitted = []
    for line in message.split("\n"):
        if width is None or len(line) <= width or line.startswith("TIP"):
            fitted.append(line)
            continue
        first = 7 if line.startswith(("ERROR", "FAULT")) else count_indent(line)
        fitted += hang(line[first:], width, line[:first], " " * first)
    return "\n".join(fitted)
