"""`artifact`: write the committed files of other releases again, and compare them."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.catalog.scenario import Scenario
from harness.cli.options import (
    FormatOption,
    LegacyKerasOption,
    PythonOption,
    ScenariosOption,
    open_catalog,
    resolve_interpreter,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.errors import (
    CHANGED,
    EXPECTED,
    UNUSABLE,
    EnvironmentUnusable,
    RestorebenchError,
    UsageError,
    count,
)
from harness.program import command_line

if TYPE_CHECKING:
    from harness.report.layout import Layout

NAMED = 5  # scenarios in the last line: more is a line nobody reads
Identifiers = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help="Ids of scenarios with committed files.")
]


def artifact(
    identifiers: Identifiers = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every scenario with committed files.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Replace committed files that differ.")
    ] = False,
    proof_only: Annotated[
        bool, typer.Option("--check", help="Only check the files' hashes.")
    ] = False,
    python: PythonOption = "",
    extra: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PACKAGE", help="An extra package: scikit-learn==1.3.2."),
    ] = None,
    legacy_keras: LegacyKerasOption = False,
    json_file: JsonOption = None,
    style: FormatOption = "simple",
    scenarios: ScenariosOption = None,
) -> None:
    """Write committed files again in the release that wrote them, and compare.

    Committed files are replaced only with --write; missing files are always written. The release is
    built if it is missing, unless --python names an interpreter of that release.
    """
    layout = choose_layout(style)
    printer = Printer(json_file)
    chosen = choose(identifiers or [], everything, scenarios)
    if proof_only:
        raise typer.Exit(check_all(chosen, printer))
    packages = tuple(extra or ())
    raise typer.Exit(regenerate_all(chosen, write, python, packages, legacy_keras, layout, printer))


def choose(identifiers: list[str], everything: bool, root: Path | None) -> list[Scenario]:
    """Return the requested scenarios; raises UsageError for a scenario without committed files."""
    catalog = open_catalog(root)
    committed = [each for each in catalog.scenarios if each.artifact_folder]
    if not committed:
        raise UsageError(f"no scenario in {catalog.root} has committed files")
    if bool(identifiers) == everything:
        problem = "name scenarios, or all of them with --all"
        raise UsageError(problem, "", command_line("artifact --all"))
    if everything:
        return committed
    found = [catalog.find(identifier) for identifier in dict.fromkeys(identifiers)]
    for scenario in found:
        if scenario.artifact_folder is None:
            problem = f"{scenario.id} has no committed files"
            raise UsageError(problem, "", "the scenario writes its files when it runs")
    return found


def check_all(chosen: list[Scenario], printer: Printer) -> int:
    """Print for every scenario whether its files are as recorded; return the exit code."""
    from harness.artifacts.provenance import ProvenanceRefused, check_provenance

    refused: dict[str, str] = {}
    for scenario in chosen:
        try:
            check_provenance(scenario)
        except ProvenanceRefused as error:
            refused[scenario.id] = str(error)
            printer.text(f"{scenario.id}: {error}")
    printer.record([{"id": each.id, "refused": refused.get(each.id)} for each in chosen])
    held = f"{len(chosen) - len(refused)} of {count(len(chosen), 'scenario')}"
    printer.text(f"The files of {held} match their provenance.json.")
    wanted = " ".join(refused or [each.id for each in chosen[:1]])
    printer.tip(f"Next: {command_line(f'artifact {wanted}')}")
    return CHANGED if refused else EXPECTED


def regenerate_all(
    chosen: list[Scenario],
    write: bool,
    python: str,
    extra: tuple[str, ...],
    legacy: bool,
    layout: "Layout",
    printer: Printer,
) -> int:
    """Regenerate, compare, and print the table; return the exit code."""
    from harness.artifacts.regenerate import (
        Wanted,
        find_wanted,
        open_writer,
        put_in_place,
        regenerate,
    )
    from harness.formats.contents import DIFFERS, ORDER
    from harness.report.provenance import make_provenance_table

    named = resolve_interpreter(python) if python else None
    groups: dict[Wanted, list[Scenario]] = {}
    for scenario in chosen:
        groups.setdefault(find_wanted(scenario, extra, legacy), []).append(scenario)
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as temporary, show_writing(len(chosen)) as report:
        for wanted in sorted(groups, key=lambda each: each.order):
            report(f"opening {wanted.name}")
            try:
                writer = open_writer(wanted, named, Path(temporary))
            except RestorebenchError as error:
                if len(groups) == 1:
                    raise
                failed += len(groups[wanted])
                report(error.render(), done=len(groups[wanted]))
                continue
            for scenario in groups[wanted]:
                report(f"{scenario.id} in {wanted.name}")
                try:
                    made = regenerate(scenario, writer, Path(temporary))
                except EnvironmentUnusable as error:
                    failed += 1
                    report(error.render(), done=1)
                    continue
                written = put_in_place(scenario, made, write)
                rows.append((scenario.id, made, written))
                report(f"{scenario.id}: {made.comparison.kind}", done=1)
    printer.record(
        [
            {
                "id": identifier,
                "writer": made.writer.facts,
                "comparison": made.comparison.kind,
                "differences": made.comparison.differences,
                "written": written,
            }
            for identifier, made, written in rows
        ]
    )
    if rows:
        printer.text(make_provenance_table(rows, layout) + "\n")
    kinds = [made.comparison.kind for _, made, _ in rows]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ORDER if kind in kinds)
    printer.text(f"{len(rows)} of {len(chosen)} regenerated{': ' if counts else ''}{counts}.")
    written_ids = [identifier for identifier, _, written in rows if written]
    differing = [identifier for identifier, made, _ in rows if made.comparison.kind == DIFFERS]
    left = [identifier for identifier in differing if identifier not in written_ids]
    if left:
        following = f"artifact {' '.join(left)} --write"
    elif len(written_ids) > NAMED:
        following = "run --all --no-timing"
    else:
        following = f"run {' '.join(written_ids or [chosen[0].id])}"
    printer.tip(f"Next: {command_line(following)}")
    return UNUSABLE if failed else CHANGED if left else EXPECTED


@contextmanager
def show_writing(total: int) -> Iterator[Callable[..., None]]:
    """Yield report(line, done=0): a bar on a terminal, a line in a log, both on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, refresh_per_second=4)
    task, finished = progress.add_task("", total=total), 0

    def report(line: str, done: int = 0) -> None:
        nonlocal finished
        finished += done
        progress.update(task, completed=finished)
        if done or not console.is_terminal:
            console.print(f"[{finished}/{total}] {line}", markup=False, soft_wrap=True)
        else:
            progress.update(task, description=line)

    with progress if console.is_terminal else nullcontext():
        yield report
