"""What `learn` shows of an exercise; its commands and its watching share it."""

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.printer import Printer
from harness.cli.terminal import fit_message, prose_width
from harness.cli.waiting import show_progress
from harness.course.exercises import (
    cut_starter,
    diff_solution,
    find_nearest,
    list_solutions,
)
from harness.course.folder import SCRIPT
from harness.course.judging import Checked
from harness.course.progress import (
    Progress,
    Status,
    describe_status,
    read_progress,
    write_progress,
)
from harness.course.script import read_script
from harness.course.table import EXERCISES, Exercise
from harness.errors import count, printable
from harness.files import find_free, write_whole
from harness.processes.cage import find_obstacle

if TYPE_CHECKING:
    from harness.catalog.scenario import Scenario
    from harness.processes.variables import Environment


def find_master(exercise: Exercise) -> "Scenario":
    """Return the scenario from which an exercise is cut."""
    return read_masters()[exercise.scenario]


@functools.cache
def read_masters() -> "dict[str, Scenario]":
    """Return the scenarios of all exercises by id; reading them takes 0.2 s."""
    from harness.catalog.load import read_catalog

    catalog = read_catalog()
    return {each.scenario: catalog.find(each.scenario) for each in EXERCISES}


def open_default() -> "Environment":
    """Return the environment in which the course runs."""
    from harness.environments.resolve import open_environment

    return open_environment("")  # says so where TensorFlow is to be downloaded


def warn_without_cage() -> None:
    """Say on stderr where scripts run with the learner's own rights."""
    if obstacle := find_obstacle():
        said = f"NOTE   Your scripts run with your own rights: there is no cage here ({obstacle})."
        typer.echo(fit_message(said, prose_width()), err=True)


def open_progress(folder: Path) -> Progress:
    """Return the learner's progress; say on stderr where its file was damaged."""
    progress, said = read_progress(folder)
    if said:
        typer.echo(said, err=True)
    return progress


def show_checked(folder: Path, exercise: Exercise, checked: Checked) -> None:
    """Print how an exercise stands, and where it is done what there was to learn."""
    prose = Printer(None).prose
    prose(printable(f"{exercise.id}: {checked.ending}."))
    prose(printable(checked.said))
    if checked.printed:
        typer.echo(printable(f"\nYour script printed:\n{checked.printed}\n"))
    if checked.ending == "done":
        show_lesson(find_master(exercise))
        text = read_script(folder / exercise.id / SCRIPT)
        _, diff = find_nearest(text, exercise, find_master(exercise))
        said = "Ours is the same." if not diff else f"From yours (-) to ours (+):\n\n{diff}"
        typer.echo(printable(f"\n{said}\n"))


def show_lesson(
    scenario: "Scenario", titles: tuple[str, ...] = ("Cause", "Fix", "Spot it")
) -> None:
    """Print what there was to learn: cause, fix, and how to spot it next time."""
    from harness.catalog.lesson import read_lesson

    lesson = read_lesson(scenario)
    for title in titles:
        lines = [each.text for each in lesson.section(title, prose_width())]
        typer.echo("\n" + "\n".join(lines))


def show_hint(folder: Path, exercise: Exercise) -> None:
    """Print the hints that were read before, and one more; note it in the progress."""
    progress = open_progress(folder)
    hints = find_master(exercise).hints
    shown = min(progress.hints.get(exercise.id, 0) + 1, len(hints))
    progress.hints[exercise.id] = shown
    write_progress(folder, progress)
    printer = Printer(None)
    for number, each in enumerate(hints[:shown], 1):
        printer.prose(f"{number}. {each}")
    if shown == len(hints):
        typer.echo("There are no more hints.")


def show_solutions(exercise: Exercise) -> None:
    """Print how each of our cures differs from the script that the learner was given."""
    from harness.catalog.lesson import shorten_path

    scenario = find_master(exercise)
    starter = cut_starter(exercise, scenario)
    for path in list_solutions(scenario):
        diff = diff_solution(starter, exercise, scenario, path)
        typer.echo(f"--- {shorten_path(path)} ---\n\n{diff}\n")
        for rule in scenario.rules[path]:
            if rule.verdict != "match" and rule.keras:
                Printer(None).prose(f"It does not work with Keras {rule.keras}: {rule.why}\n")


def show_list(folder: Path) -> None:
    """Print every exercise with its minutes and how it stands."""
    progress = open_progress(folder)
    status = describe_status(progress, find_master)
    for each in status.exercises:
        typer.echo(f"{each.state:6} {each.id:16} {count(each.minutes, 'minute')}")
    typer.echo(describe_done(status))


def describe_done(status: Status) -> str:
    """Return how much of the track is done, as a sentence."""
    done = [each for each in status.exercises if each.state == "done"]
    return f"{len(done)} of {len(status.exercises)} done."


def reset_script(folder: Path, exercise: Exercise) -> None:
    """Write an exercise's script as it was; keep the learner's beside it, whatever is there."""
    script, starter = folder / exercise.id / SCRIPT, cut_starter(exercise, find_master(exercise))
    said = f"{script} is as it was."
    if script.is_file() and script.read_bytes() == starter.encode():
        Printer(None).prose(printable(f"{said} There is nothing of yours in it."))
        return
    script.parent.mkdir(exist_ok=True)
    if os.path.lexists(script):
        kept = find_free(script.with_name(f"{SCRIPT}.mine"))
        script.rename(kept)
        said += f" Yours is kept as {kept.name}."
    write_whole(script, starter)
    Printer(None).prose(printable(said))


def refill(folder: Path, exercise: Exercise) -> None:
    """Make what lies beside an exercise's script anew, where it is gone."""
    from harness.course.checking import open_checker
    from harness.course.folder import is_bare, refill_place

    if is_bare(place := folder / exercise.id):
        with show_progress("saving its model"), open_checker(open_default()) as checker:
            refill_place(place, exercise, find_master(exercise), checker.worker)
