"""`learn find`: a broken model file, a sentence of context, and the question for the cause."""

import shlex
import shutil
from pathlib import Path

import typer

from harness.catalog.load import Catalog, read_catalog
from harness.catalog.prose import hang
from harness.cli.learn import name_folder
from harness.cli.learn_show import open_default, open_progress, show_lesson
from harness.cli.printer import Printer
from harness.cli.terminal import prose_width
from harness.cli.waiting import show_progress
from harness.course.case_evidence import find_evidence
from harness.course.case_files import TITLES, explain_misfit, make_case
from harness.course.cases import (
    CASES,
    LETTERS,
    NOTHING,
    Case,
    count_right,
    describe_choice,
    find_case,
    read_answer,
)
from harness.course.models import make_worker
from harness.course.progress import Progress, write_progress
from harness.errors import EnvironmentUnusable, UsageError, count, printable
from harness.files import temporary_folder
from harness.processes.step import Worker
from harness.program import command_line

FOLDER = "find"  # of the course's folder: where the cases lie


def find_cause(folder: Path, identifier: str, answer: str, again: bool) -> None:
    """Show a case, or judge the answer to it; without an id the next that is not answered.

    Raises UsageError for an unknown case or answer, EnvironmentUnusable where no model is saved.
    """
    progress, catalog = open_progress(folder), read_catalog()
    case = find_case(identifier) if identifier else choose_next(progress)
    if case is None:
        show_score(progress)
        typer.echo(
            f"Next: {command_line(f'learn find {CASES[0].id} --again')}{name_folder(folder)}"
        )
        return
    choice = read_answer(case, answer, catalog) if answer else ""
    place = folder / FOLDER / case.id
    if again or not place.is_dir():
        asked = case
        case, place = prepare(folder, case, catalog, named=bool(identifier))
        if case != asked:
            choice = ""  # the answer was to another case
    if not choice:
        show_case(case, place, catalog, progress)
        choice = ask(case, catalog)
    if not choice:
        tip = f"learn find {case.id} --answer {LETTERS[0]}"
        typer.echo(printable(f"Next: {command_line(tip)}{name_folder(folder)}"))
        return
    keep_answer(folder, case, choice)
    show_feedback(case, choice, place, catalog)
    progress = open_progress(folder)
    show_score(progress)
    following = choose_next(progress)
    words = "learn find" if following else "learn"
    typer.echo(printable(f"Next: {command_line(words)}{name_folder(folder)}"))


def choose_next(progress: Progress) -> Case | None:
    """Return the first case that is not answered and not left out, None where all are answered."""
    passed = {*progress.found, *progress.left_out}
    return next((each for each in CASES if each.id not in passed), None)


def prepare(folder: Path, case: Case, catalog: Catalog, named: bool) -> tuple[Case, Path]:
    """Make a case; the next that can be shown with this TensorFlow, where none was named.

    Return it and its folder. Raises EnvironmentUnusable.
    """
    with show_progress("making the case"), temporary_folder() as work:
        worker = make_worker(open_default(), work)
        try:
            return prepare_with(worker, folder, case, catalog, named)
        finally:
            worker.close()


def prepare_with(
    worker: Worker, folder: Path, case: Case, catalog: Catalog, named: bool
) -> tuple[Case, Path]:
    """Do what `prepare` does, in an environment that is open already."""
    facts = worker.describe()
    while said := explain_misfit(case, catalog.find(case.scenario), facts):
        following = None if named else leave_out(folder, open_progress(folder), case)
        if following is None:
            raise EnvironmentUnusable(f"{case.id} cannot be shown here", said)
        case = following
    with temporary_folder() as work:
        made = make_case(worker, case, catalog.find(case.scenario), work / case.id)
        return case, put_in_place(made, folder / FOLDER / case.id)


def leave_out(folder: Path, progress: Progress, case: Case) -> Case | None:
    """Note that a case cannot be shown with this TensorFlow; return the next one."""
    progress.left_out.append(case.id)
    write_progress(folder, progress)
    return choose_next(progress)


def put_in_place(made: Path, place: Path) -> Path:
    """Move the folder of a case to its place, whole or not at all; raises EnvironmentUnusable."""
    part = place.with_name(f".{place.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(made, part)
        if place.exists():
            shutil.rmtree(place)
        part.rename(place)
    except OSError as error:
        said = error.strerror or str(error)
        raise EnvironmentUnusable(f"cannot write {place}", said, "make room there") from error
    return place


def show_case(case: Case, place: Path, catalog: Catalog, progress: Progress) -> None:
    """Print what a colleague says, what lies in the folder, and what may be the cause."""
    prose = Printer(None).prose
    prose(f"{case.id}: case {CASES.index(case) + 1} of {len(CASES)}\n")
    typer.echo("\n".join(hang(f'"{case.context}"', prose_width(), "  ", "  ")))
    typer.echo(printable(f"\nIn {place}:"))
    names = sorted(path.name for path in place.iterdir())
    for file in names:
        title = TITLES.get(file, "what your colleague sent")
        typer.echo(printable(f"  {file:{max(map(len, names))}}  {title}"))
    typer.echo("\nWhat is the cause?")
    for letter, choice in zip(LETTERS, case.choices, strict=False):
        said = f"{choice}: {describe_choice(choice, catalog)}"
        typer.echo("\n".join(hang(said, prose_width(), f"  {letter}  ", "     ")))
    prose("\nLook with whatever you like: diagnose, env for, search, h5py, a Python prompt.")
    if case.id in progress.found:
        prose("You have answered this case: only the first answer counts.")


def ask(case: Case, catalog: Catalog) -> str:
    """Return the answer that is typed, "" where none is: the case stays open."""
    last = LETTERS[len(case.choices) - 1]
    while True:
        typer.echo(f"Your answer, {LETTERS[0]} to {last} or the id of a lesson (Enter: later).")
        try:
            answer = input("> ").strip()
        except EOFError:
            typer.echo()
            return ""
        if not answer:
            return ""
        try:
            return read_answer(case, answer, catalog)
        except UsageError as error:
            typer.echo(error.render(), err=True)


def keep_answer(folder: Path, case: Case, choice: str) -> None:
    """Note an answer; the progress is read anew, since another command may have changed it."""
    progress = open_progress(folder)
    progress.found.setdefault(case.id, []).append(choice)
    write_progress(folder, progress)


def show_feedback(case: Case, choice: str, place: Path, catalog: Catalog) -> None:
    """Print whether an answer is right, the evidence in the file, and what shows it."""
    prose, scenario = Printer(None).prose, catalog.find(case.scenario)
    if choice == case.cause:
        typer.echo(f"Right: {choice}.")
    else:
        typer.echo("No." if choice == NOTHING else f"No: not {choice}.")
        said = describe_choice(case.cause, catalog)
        prose(said if case.cause == NOTHING else f"It is {case.cause}: {said}")
    evidence = find_evidence(case, place)
    prose(
        printable(f"Evidence: {evidence.found}.")
        if evidence.found
        else "The evidence is not in the folder any more: was a file changed?"
        f" {command_line(f'learn find {case.id} --again')} makes the case anew."
    )
    typer.echo("It is shown by:")
    typer.echo(printable(spell_command(evidence.arguments)))
    show_lesson(scenario, ("Cause", "Spot it"))
    typer.echo(f"\nThe lesson: {command_line(f'explain {scenario.id}')}")


def spell_command(arguments: list[list[str]]) -> str:
    """Return a call of `diagnose` as it can be pasted, an option on each line."""
    lines = [" ".join(map(shlex.quote, each)) for each in arguments]
    return " \\\n    ".join([f"  {command_line('diagnose')} {lines[0]}", *lines[1:]])


def show_score(progress: Progress) -> None:
    """Print how many cases were answered rightly at once."""
    right, answered = count_right(progress.found)
    left = len([each for each in CASES if each.id not in {*progress.found, *progress.left_out}])
    typer.echo(f"{right} of {count(answered, 'case')} right at once; {left} to go.")
