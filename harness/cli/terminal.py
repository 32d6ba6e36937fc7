"""How wide output may be, and whether it may be coloured."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

from harness.catalog.prose import FULL_WIDTH
from harness.cli.options import check_format

if TYPE_CHECKING:  # brings tabulate, which `explain` does without
    from harness.report.layout import Layout

NARROWEST = 40  # columns; below, words and figures would be cut to pieces


def prose_width() -> int:
    """Return the columns for prose: the terminal's or COLUMNS, at most a scenario file's, or 80."""
    return max(NARROWEST, min(shutil.get_terminal_size((80, 24)).columns, FULL_WIDTH))


def table_width() -> int | None:
    """Return the columns for tables, None where nothing limits them: in a pipe without COLUMNS."""
    asked = os.environ.get("COLUMNS", "")
    if sys.stdout.isatty() or (asked.isdecimal() and int(asked)):
        return max(NARROWEST, shutil.get_terminal_size((80, 24)).columns)
    return None


def choose_layout(style: str) -> "Layout":
    """Return how tables are shown: fitted to a terminal, unless for another program.

    Raises UsageError if tabulate has no format called `style`.
    """
    from harness.report.layout import Layout

    check_format(style)
    text = style == "simple"
    return Layout(style, table_width() if text else None, takes_colour() and text)


def takes_colour() -> bool:
    """Return whether stdout is a terminal that shows colours and nobody has switched them off."""
    dumb = os.environ.get("TERM") in (None, "dumb", "unknown")
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and not dumb
