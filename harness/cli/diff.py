"""`diff`: what a release changed.

diff_runs.py and diff_releases.py choose the two sides.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    DEFAULT_REPORTS,
    ON_GITHUB,
    AnnotationsOption,
    FormatOption,
    JUnitOption,
    ReportsOption,
    ScenariosOption,
    open_catalog,
    suggest_lesson,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.releases_option import TensorFlowOption, adopt_releases
from harness.cli.terminal import choose_layout
from harness.errors import CHANGED, EXPECTED, EnvironmentUnusable, UsageError
from harness.files import check_can_write
from harness.program import command_line

if TYPE_CHECKING:
    from harness.results.compare import Side

LOOKED_AT = ("regressed", "verdict", "error", "predictions", "mended")  # what `Next:` explains


def diff(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN_A RUN_B | ID...]",
            help="Two runs, by number or result file; with --tf: scenarios (default: all).",
        ),
    ] = None,
    releases: TensorFlowOption = None,
    reader_a: Annotated[
        str | None,
        typer.Option(
            "--reader-a", metavar="NAME", help="The reader in RUN_A, if there are several."
        ),
    ] = None,
    reader_b: Annotated[
        str | None,
        typer.Option(
            "--reader-b", metavar="NAME", help="The reader in RUN_B, if there are several."
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show unchanged paths too.")] = False,
    style: FormatOption = "simple",
    json_file: JsonOption = None,
    junit_file: JUnitOption = None,
    annotations: AnnotationsOption = ON_GITHUB,
    scenarios: ScenariosOption = None,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Show what changed between two runs, or two releases (--tf 2.20,2.21).

    With --tf, each release trains, saves and restores on the CPU. Then both releases restore the
    files that the first release saved. Outcomes of earlier runs are reused; missing outcomes are
    measured, untimed. Exit code 1: something that worked no longer works.
    """
    layout = choose_layout(style)
    words, releases = adopt_releases(words, releases or [])
    check_request(words, releases, bool(reader_a or reader_b))
    printer = Printer(json_file)
    if junit_file is not None:
        check_can_write(junit_file)
    catalog = open_catalog(scenarios)
    from harness.cli.diff_runs import pair_sides
    from harness.report.annotations import annotate
    from harness.report.difference import make_document, present_comparisons
    from harness.report.junit import write_junit
    from harness.results.compare import any_regressed, compare_sides

    if releases:
        from harness.cli.diff_releases import open_sides
        from harness.results.store import Store

        pairs = open_sides(releases, words, catalog, Store(reports))
    else:
        pairs = pair_sides(words, reader_a, reader_b, reports)
    comparisons = [compare_sides(a, b, name_comparison(a, b)) for a, b in pairs]
    printer.record(make_document(comparisons))
    printer.text(present_comparisons(comparisons, layout, everything))
    if junit_file:
        explain_full_disk(junit_file, lambda: write_junit(junit_file, comparisons))
    if annotations:
        for command in annotate(comparisons, catalog):
            typer.echo(command, err=True)
    telling = [each for one in comparisons for each in one.differences if each.kind != "unchanged"]
    ordered = [each for kind in LOOKED_AT for each in telling if each.kind == kind]
    following = suggest_lesson(ordered[0].scenario) if ordered else command_line("runs")
    printer.tip(f"\nNext: {following}")
    raise typer.Exit(CHANGED if any_regressed(comparisons) else EXPECTED)


def name_comparison(a: "Side", b: "Side") -> str:
    """Return a comparison's title, such as "2.20 → 2.21"."""
    return name_writers(a, b) + f"{a.label} → {b.label}"


def name_writers(a: "Side", b: "Side") -> str:
    """Return the beginning of a comparison's title: which release saved the files."""
    if a.environment.name == b.environment.name:
        return ""
    writers = {each.writer for side in (a, b) for each in side.outcomes}
    if len(writers) == 1:
        return f"Saved by {writers.pop()}, restored in each: "
    if all(has_own_writer(side) for side in (a, b)):
        return "Trained, saved and restored in each: "
    return ""


def has_own_writer(side: "Side") -> bool:
    """Return whether a side's environment saved its own files (committed files do not count)."""
    return any(each.writer == each.reader for each in side.outcomes)


def check_request(words: list[str], releases: list[str] | None, readers: bool) -> None:
    """Raise UsageError if it is not clear what to compare."""
    from harness.environments.resolve import check_name

    if not releases:
        if len(words) not in (1, 2):
            raise UsageError(
                "give two runs, or two releases",
                f"runs given: {len(words)}",
                f"{command_line('diff --tf 2.20,2.21')}, or see: {command_line('runs')}",
            )
        return
    if readers:
        raise UsageError(
            "--reader-a and --reader-b choose readers of runs, so they cannot be used with --tf",
            "",
            "",
        )
    if len(set(releases)) != 2:
        raise UsageError(
            "diff --tf needs two different releases",
            f"given: {', '.join(releases)}",
            command_line("diff --tf 2.20,2.21"),
        )
    for name in releases:
        check_name(name)


def explain_full_disk(file: Path, write: Callable[[], None]) -> None:
    """Turn the error of a full disk into a sentence."""
    try:
        write()
    except OSError as error:
        raise EnvironmentUnusable(
            f"cannot write {file}",
            error.strerror or str(error),
            "free some disk space, then run diff again",
        ) from error
