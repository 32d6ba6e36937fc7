"""`artifact`: the committed files of other releases, written anew there and compared."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.options import (
    FormatOption,
    LegacyKerasOption,
    PythonOption,
    ScenariosOption,
    check_format,
    find_interpreter,
    open_catalog,
    suggest,
)
from harness.errors import CHANGED, EXPECTED, UNUSABLE, RestorebenchError, UsageError
from harness.scenario import Scenario

Identifiers = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help="Scenarios with committed files.")
]


def artifact(
    identifiers: Identifiers = None,
    everything: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Put what differs in the place of what is there.")
    ] = False,
    proof_only: Annotated[
        bool, typer.Option("--check", help="Check the hashes of the files, run nothing.")
    ] = False,
    python: PythonOption = "",
    extra: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PACKAGE", help="Beside TensorFlow: scikit-learn==1.3.2."),
    ] = None,
    legacy_keras: LegacyKerasOption = False,
    style: FormatOption = "simple",
    scenarios: ScenariosOption = None,
) -> None:
    """Write committed files anew in the release that wrote them, and compare.

    Nothing is changed without --write, but where there are no files yet. The release is built
    where it is not there, unless --python names an interpreter that has it.
    """
    chosen = choose(identifiers or [], everything, scenarios)
    if proof_only:
        raise typer.Exit(check_all(chosen, scenarios))
    raise typer.Exit(
        regenerate_all(chosen, write, python, tuple(extra or ()), legacy_keras,
                       check_format(style), scenarios)
    )  # fmt: skip


def choose(identifiers: list[str], everything: bool, root: Path | None) -> list[Scenario]:
    """Return the scenarios that were asked for; raises UsageError for one without files."""
    if bool(identifiers) == everything:
        problem = "name scenarios, or all of them with --all"
        raise UsageError(problem, "", "python -m harness artifact --all")
    catalog = open_catalog(root)
    if everything:
        return [each for each in catalog.scenarios if each.artifact_folder]
    found = [catalog.find(identifier) for identifier in dict.fromkeys(identifiers)]
    for scenario in found:
        if scenario.artifact_folder is None:
            problem = f"{scenario.id} has no committed files"
            raise UsageError(problem, "", "it makes its own when it runs")
    return found


def check_all(chosen: list[Scenario], root: Path | None) -> int:
    """Say of every scenario whether its files are as recorded; return the exit code."""
    from harness.provenance import ProvenanceRefused, check_provenance

    refused = []
    for scenario in chosen:
        try:
            check_provenance(scenario)
        except ProvenanceRefused as error:
            refused.append(scenario.id)
            typer.echo(f"{scenario.id}: {error}")
    held = len(chosen) - len(refused)
    typer.echo(f"{held} of {len(chosen)} have the files that their provenance.json names.")
    wanted = " ".join(refused or [each.id for each in chosen[:1]])
    typer.echo(f"Next: {suggest(f'artifact {wanted}', scenarios=root)}")
    return CHANGED if refused else EXPECTED


def regenerate_all(
    chosen: list[Scenario], write: bool, python: str, extra: tuple[str, ...], legacy: bool,
    style: str, root: Path | None,
) -> int:  # fmt: skip
    """Regenerate, compare, and print the table; return the exit code."""
    from harness.contents import BYTES, DIFFERS, ORDER
    from harness.regenerate import find_wanted, put_in_place, regenerate
    from harness.report.provenance import make_provenance_table
    from harness.workers.environment import Environment

    named = Environment(find_interpreter(python), legacy, True) if python else None
    wanted = {each.id: find_wanted(each, extra, legacy) for each in chosen}
    chosen = sorted(chosen, key=lambda each: (wanted[each.id].order, each.id))  # by release
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as temporary, show_progress(len(chosen)) as report:
        for scenario in chosen:
            report(f"{scenario.id} in {wanted[scenario.id].release}", "")
            try:
                made = regenerate(scenario, wanted[scenario.id], named, Path(temporary))
            except RestorebenchError as error:
                if len(chosen) == 1:
                    raise
                failed += 1
                report(f"{scenario.id}: not regenerated", error.render())
                continue
            written = put_in_place(scenario, made, write)
            rows.append((scenario.id, made, written))
            report(f"{scenario.id}: {made.comparison.kind}", "", done=True)
    if rows:
        typer.echo(make_provenance_table(rows, style))
    kinds = [made.comparison.kind for _, made, _ in rows]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ORDER if kind in kinds)
    lost = f"; {failed} could not be regenerated" if failed else ""
    typer.echo(f"\n{len(rows)} of {len(chosen)} regenerated: {counts or BYTES}{lost}.")
    written_ids = [identifier for identifier, _, written in rows if written]
    differing = [identifier for identifier, made, _ in rows if made.comparison.kind == DIFFERS]
    left = [identifier for identifier in differing if identifier not in written_ids]
    if left:
        following = f"artifact {' '.join(left)} --write"
    else:
        following = f"run {' '.join(written_ids or [each.id for each in chosen[:1]])}"
    typer.echo(f"Next: {suggest(following, scenarios=root)}")
    return UNUSABLE if failed else CHANGED if left else EXPECTED


@contextmanager
def show_progress(total: int) -> Iterator[Any]:
    """Yield report(line, complaint, done): a bar on a terminal, lines in a log, both on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, refresh_per_second=4)
    task, finished = progress.add_task("", total=total), 0

    def report(line: str, complaint: str, done: bool = False) -> None:
        nonlocal finished
        finished += done or bool(complaint)
        if complaint:
            console.print(complaint, markup=False, soft_wrap=True)
        if console.is_terminal:
            progress.update(task, description=line, completed=finished)
        elif done or complaint:
            console.print(f"[{finished}/{total}] {line}", markup=False, soft_wrap=True)

    if not console.is_terminal:
        console.print(f"writing the files of {total} scenarios anew ...")
        yield report
        return
    with progress:
        yield report
