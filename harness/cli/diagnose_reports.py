"""`diagnose --sarif FILE --html FILE`: the same answer for code scanning, and for a colleague."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.catalog.load import is_same_file
from harness.cli.printer import Printer
from harness.errors import UsageError
from harness.files import check_can_write, to_json, write_whole
from harness.formats.facts import plain
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis

SarifOption = Annotated[
    Path | None,
    typer.Option(
        "--sarif",
        metavar="FILE",
        help="Write the findings as SARIF 2.1.0, for code scanning.",
        show_default=False,
    ),
]
HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Write the diagnosis as one page, to send to somebody.",
        show_default=False,
    ),
]


def check_reports(sarif: Path | None, html: Path | None, given: Sequence[Path]) -> None:
    """Raise UsageError for a report that cannot be written, or that would be about nothing.

    `given`: the files that are diagnosed, none of which a report takes the place of.
    """
    for option, file in (("--sarif", sarif), ("--html", html)):
        if file is None:
            continue
        if not given:
            raise UsageError(
                f"{option} reports on a model, code or outputs, and none is named",
                "",
                command_line(f"diagnose model.keras {option} {plain(file)}"),
            )
        if any(is_same_file(file, each) for each in given):
            raise UsageError(f"{option} would overwrite {plain(file)}", "", "name another file")
        check_can_write(file)


def write_reports(
    diagnosis: "Diagnosis",
    sarif: Path | None,
    html: Path | None,
    subject: Path,
    code: Path | None,
    printer: Printer,
) -> None:
    """Write the reports that are asked for, and say where; raises UsageError."""
    if sarif:
        from harness.diagnose.sarif import make_sarif

        write_whole(sarif, to_json(make_sarif(diagnosis, subject, code)) + "\n")
    if html:
        from harness.diagnose.page import write_page

        write_whole(html, write_page(diagnosis, datetime.now(UTC)))
    for file in (sarif, html):
        if file:
            printer.tip(f"Written: {plain(file, 400)}")
