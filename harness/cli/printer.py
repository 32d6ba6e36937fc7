"""Print a result as text, as JSON on stdout, or as text with JSON in a file."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.terminal import table_width
from harness.files import check_can_write, to_json, write_whole

STDOUT = Path("-")
JsonOption = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="[FILE.json]",
        help="Print only JSON, or write the JSON to FILE.",
    ),
]


class Printer:
    """Prints a command's result. With `--json` alone, stdout holds JSON and tips go to stderr."""

    def __init__(self, json_file: Path | None) -> None:
        """Raise UsageError if `json_file` cannot be written."""
        self.json_file = json_file
        self.shows_text = json_file != STDOUT
        if json_file is not None and self.shows_text:
            check_can_write(json_file)

    def record(self, record: object, tip: str = "make room, then try again") -> None:
        """Print or write the result as JSON, where asked for; `tip` is for a full disk."""
        if self.json_file is None:
            return
        text = to_json(record)
        if self.shows_text:
            write_whole(self.json_file, text + "\n", tip)
        else:
            typer.echo(text)

    def text(self, text: str) -> None:
        """Print text, unless JSON is printed instead."""
        if self.shows_text:
            typer.echo(text)

    def prose(self, text: str, in_pipe: int | None = None) -> None:
        """Print sentences as `text` does, their lines broken where a terminal has fewer columns.

        `in_pipe`: the columns where there is no terminal; None: lines stay whole there.
        """
        from harness.report.layout import fill_lines

        self.text(fill_lines(text, table_width() or in_pipe))

    def tip(self, text: str) -> None:
        """Print the next step."""
        typer.echo(text, err=not self.shows_text)
