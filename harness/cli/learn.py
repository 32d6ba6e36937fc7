"""`learn`: the course, on the learner's own machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.commands import Command, Group
from harness.cli.printer import Printer
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, UsageError, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.catalog.scenario import Scenario
    from harness.course.exercises import Exercise
    from harness.course.progress import Progress
    from harness.processes.variables import Environment

app = typer.Typer(cls=Group, invoke_without_command=True)
HERE = Path()
FolderOption = Annotated[
    Path, typer.Option("--dir", metavar="DIR", help="The course's folder (default: this one).")
]
IdArgument = Annotated[
    str, typer.Argument(metavar="[ID]", help="An exercise (default: the next that is not done).")
]


@app.callback()
def show_help(context: typer.Context) -> None:
    """Mend eight real restore scripts; each is checked by what it predicts."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("init", cls=Command)
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")]) -> None:
    """Make a folder with the exercises: a script to mend, its artifact, sample inputs."""
    from harness.course.exercises import CORE
    from harness.course.folder import make_folder

    chosen = [(each, find_master(each)) for each in CORE]
    with show_progress(f"saving {len(chosen)} models"):
        make_folder(folder, chosen, open_default())
    minutes = sum(scenario.minutes for _, scenario in chosen)
    typer.echo(printable(f"{len(chosen)} exercises of about {minutes} minutes are in {folder}."))
    typer.echo(printable(f"Open {folder / CORE[0].id / 'restore.py'} and look for MEND."))
    tip("check", "", folder)


@app.command("check", cls=Command)
def check(
    identifier: IdArgument = "",
    folder: FolderOption = HERE,
    frames: Annotated[
        bool, typer.Option("--frames", help="Show where in your file an error was raised.")
    ] = False,
) -> None:
    """Check an exercise with a model that its script has not seen. Exit code 1: not done."""
    from harness.course.checking import open_checker
    from harness.course.folder import SCRIPT
    from harness.course.progress import write_progress

    progress = open_progress(folder)
    exercise = choose(identifier, progress)
    scenario = find_master(exercise)
    with show_progress(f"checking {exercise.id}"), open_checker(open_default()) as checker:
        checked = checker.check(exercise, scenario, folder / exercise.id / SCRIPT)
    printer = Printer(None)
    printer.prose(printable(f"{exercise.id}: {checked.ending}."))
    printer.prose(printable(checked.said))
    if frames and checked.frames:
        typer.echo(printable(f"\n{checked.frames}"))
    elif checked.frames:
        typer.echo("Add --frames to see where in your file.")
    if checked.ending != "done":
        tip("hint", exercise.id, folder)
        raise typer.Exit(CHANGED)
    if exercise.id not in progress.done:
        progress.done.append(exercise.id)
        write_progress(folder, progress)
    for title in ("Cause", "Fix", "Spot it"):
        printer.prose(f"\n{title}:\n{scenario.section(title)}")
    tip("solution", exercise.id, folder)


@app.command("hint", cls=Command)
def hint(identifier: IdArgument = "", folder: FolderOption = HERE) -> None:
    """Show one more hint for an exercise, each time it is called."""
    from harness.course.progress import write_progress

    progress = open_progress(folder)
    exercise = choose(identifier, progress)
    hints = find_master(exercise).hints
    shown = min(progress.hints.get(exercise.id, 0) + 1, len(hints))
    progress.hints[exercise.id] = shown
    write_progress(folder, progress)
    printer = Printer(None)
    for number, each in enumerate(hints[:shown], 1):
        printer.prose(f"{number}. {each}")
    if shown == len(hints):
        typer.echo("There are no more hints.")
    tip("check", exercise.id, folder)


@app.command("list", cls=Command)
def list_exercises(folder: FolderOption = HERE) -> None:
    """List the exercises: the minutes each takes, and which are done."""
    from harness.course.exercises import CORE

    progress = open_progress(folder)
    for each in CORE:
        state = "done" if each.id in progress.done else "to do"
        typer.echo(f"{state:6} {each.id:14} {find_master(each).minutes} minutes")
    typer.echo(f"{len(progress.done)} of {len(CORE)} done.")
    tip("check", "", folder)


@app.command("solution", cls=Command)
def solution(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="An exercise.")],
    folder: FolderOption = HERE,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show it although the exercise is not done.")
    ] = False,
) -> None:
    """Show how our cure differs from the script that you were given."""
    from harness.catalog.lesson import read_lesson
    from harness.course.exercises import find_exercise, list_solutions

    progress = open_progress(folder)
    exercise = find_exercise(identifier)
    if exercise.id not in progress.done and not reveal:
        raise UsageError(
            f"{exercise.id} is not done yet",
            "",
            f"{command_line(f'learn hint {exercise.id}')}, or add --reveal",
        )
    scenario = find_master(exercise)
    diffs = read_lesson(scenario).diffs
    for path in list_solutions(scenario):
        typer.echo(f"--- {path.removeprefix('restore_fixed_')} ---\n\n{diffs[path]}\n")
    tip("check", "", folder)


@app.command("reset", cls=Command)
def reset(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="An exercise.")],
    folder: FolderOption = HERE,
) -> None:
    """Write an exercise's script as it was; yours is kept as restore.py.mine."""
    from harness.course.exercises import cut_starter, find_exercise
    from harness.course.folder import SCRIPT
    from harness.files import write_whole

    open_progress(folder)
    exercise = find_exercise(identifier)
    script = folder / exercise.id / SCRIPT
    script.parent.mkdir(exist_ok=True)
    if script.exists():
        script.replace(script.with_name(f"{SCRIPT}.mine"))
    write_whole(script, cut_starter(exercise, find_master(exercise)))
    typer.echo(printable(f"{script} is as it was. Yours, if there was one, ends in .mine."))
    tip("check", exercise.id, folder)


def find_master(exercise: "Exercise") -> "Scenario":
    """Return the scenario from which an exercise is cut."""
    from harness.catalog.load import read_catalog

    return read_catalog().find(exercise.scenario)


def open_default() -> "Environment":
    """Return the environment in which the course runs."""
    from harness.environments.resolve import choose_default, open_environment

    return open_environment(choose_default())


def open_progress(folder: Path) -> "Progress":
    """Return the learner's progress; say on stderr where its file was damaged."""
    from harness.course.progress import read_progress

    progress, said = read_progress(folder)
    if said:
        typer.echo(said, err=True)
    return progress


def choose(identifier: str, progress: "Progress") -> "Exercise":
    """Return the exercise of that id, or the first that is not done (the first, if all are)."""
    from harness.course.exercises import CORE, find_exercise

    if identifier:
        return find_exercise(identifier)
    return next((each for each in CORE if each.id not in progress.done), CORE[0])


def tip(action: str, identifier: str, folder: Path) -> None:
    """Print the next command."""
    import shlex

    words = " ".join(filter(None, ["learn", action, identifier]))
    where = "" if folder == HERE else f" --dir {shlex.quote(str(folder))}"
    typer.echo(printable(f"Next: {command_line(words)}{where}"))
