"""`learn`: the course, on the learner's own machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.commands import Command, Group
from harness.cli.printer import JsonOption, Printer
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, UsageError, count, printable
from harness.program import command_line

if TYPE_CHECKING:
    from harness.course.progress import Progress
    from harness.course.table import Exercise

app = typer.Typer(cls=Group, invoke_without_command=True)
HERE = Path()
FolderOption = Annotated[
    Path,
    typer.Option(
        "--dir",
        metavar="DIR",
        show_default=False,
        help="The course's folder (default: this one).",
    ),
]
IdArgument = Annotated[
    str, typer.Argument(metavar="[ID]", help="An exercise (default: the next that is not done).")
]


@app.callback()
def learn(context: typer.Context, folder: FolderOption = HERE) -> None:
    """Mend real restore scripts; each is checked, when you save it, by what it predicts.

    Without a command, `learn` watches the course's folder and checks every script that is saved.
    """
    if context.invoked_subcommand is None:
        from harness.cli.learn_show import open_default
        from harness.cli.learn_watch import watch_course

        watch_course(folder, open_default())
        typer.echo(printable(f"Next: {command_line('learn')}{name_folder(folder)}"))
    elif folder != HERE:
        tip = f"{command_line(f'learn {context.invoked_subcommand}')}{name_folder(folder)}"
        raise UsageError("--dir belongs behind the command", "", tip)


@app.command("init", cls=Command)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    track: Annotated[
        str, typer.Option(metavar="TRACK", help="core, fast, zeros or full.")
    ] = "core",
) -> None:
    """Make a folder with the exercises: a script to mend, its artifact, sample inputs."""
    from harness.cli.learn_show import find_master, open_default, warn_without_cage
    from harness.course.folder import SCRIPT, clear, fill_folder, prepare_folder
    from harness.course.progress import begin, describe_status
    from harness.course.table import list_track

    printer, progress = Printer(None), begin(track)
    prepare_folder(folder)  # before TensorFlow is downloaded, where it is
    try:
        environment = open_default()
    except BaseException:  # Ctrl-C too
        clear(folder)
        raise
    chosen = [(each, find_master(each)) for each in list_track(track)]
    with show_progress(f"saving {len(chosen)} models"):
        fill_folder(folder, chosen, environment, progress)
    warn_without_cage()
    status = describe_status(progress, find_master)
    if progress.left_out:
        left_out = ", ".join(progress.left_out)
        printer.prose(f"Left out, since they cannot be done with this TensorFlow: {left_out}.")
    made, minutes = count(len(status.exercises), "exercise"), status.minutes_left
    printer.prose(printable(f"{made} of about {minutes} minutes are in {folder}."))
    printer.prose(printable(f"Open {folder / str(status.next) / SCRIPT} and look for MEND."))
    typer.echo(printable(f"Next: {command_line('learn')}{name_folder(folder)}"))


@app.command("check", cls=Command)
def check(
    identifier: IdArgument = "",
    folder: FolderOption = HERE,
    frames: Annotated[
        bool, typer.Option("--frames", help="Show where in your file an error was raised.")
    ] = False,
) -> None:
    """Check an exercise with a model that its script has not seen. Exit code 1: not done."""
    from harness.cli.learn_show import (
        find_master,
        open_default,
        open_progress,
        show_checked,
        warn_without_cage,
    )
    from harness.course.checking import open_checker
    from harness.course.folder import SCRIPT
    from harness.course.progress import note_check

    exercise = choose(identifier, open_progress(folder))
    scenario = find_master(exercise)
    warn_without_cage()
    with show_progress(f"checking {exercise.id}"), open_checker(open_default()) as checker:
        checked = checker.check(exercise, scenario, folder / exercise.id / SCRIPT)
    show_checked(folder, exercise, checked)
    if frames and checked.frames:
        typer.echo(printable(f"\n{checked.frames}"))
    elif checked.frames:
        typer.echo("Add --frames to see where in your file.")
    done = checked.ending == "done"
    if checked.ending != "not attempted":
        note_check(folder, open_progress(folder), exercise, done)
    if not done:
        tip("hint", exercise.id, folder)
        raise typer.Exit(CHANGED)
    tip("solution", exercise.id, folder)


@app.command("hint", cls=Command)
def hint(identifier: IdArgument = "", folder: FolderOption = HERE) -> None:
    """Show one more hint for an exercise, each time it is called."""
    from harness.cli.learn_show import open_progress, show_hint

    exercise = choose(identifier, open_progress(folder))
    show_hint(folder, exercise)
    tip("check", exercise.id, folder)


@app.command("list", cls=Command)
def list_exercises(folder: FolderOption = HERE) -> None:
    """List the exercises: the minutes each takes, and which are done."""
    from harness.cli.learn_show import show_list

    show_list(folder)
    tip("check", "", folder)


@app.command("skip", cls=Command)
def skip(identifier: IdArgument = "", folder: FolderOption = HERE) -> None:
    """Leave an exercise for later: the others come first."""
    from harness.cli.learn_show import open_progress
    from harness.course.progress import leave_for_later

    progress = open_progress(folder)
    exercise = choose(identifier, progress)
    if exercise.id in progress.done:
        typer.echo(f"{exercise.id} is done.")
    else:
        leave_for_later(folder, progress, exercise)
        typer.echo(f"{exercise.id} is left for later.")
    tip("check", choose("", progress).id, folder)


@app.command("status", cls=Command)
def show_status(folder: FolderOption = HERE, json_file: JsonOption = None) -> None:
    """Say how far the course is: what is done, what comes next, how many minutes are left."""
    from harness.cli.learn_show import describe_done, find_master, open_progress
    from harness.course.progress import describe_status

    printer = Printer(json_file)
    status = describe_status(open_progress(folder), find_master)
    printer.record(status)
    printer.text(describe_done(status))
    printer.text(f"{count(status.minutes_left, 'minute')} left.")
    for number, (right, asked) in enumerate(status.predicted, 1):
        printer.text(f"Round {number} of predict: {right} of {asked} right.")
    if status.cases[1]:
        printer.text(f"Cases of find: {status.cases[0]} of {status.cases[1]} right at once.")
    if status.next:
        printer.text(f"Next exercise: {status.next}")
    printer.tip(printable(f"Next: {command_line('learn')}{name_folder(folder)}"))


@app.command("predict", cls=Command)
def predict(
    folder: FolderOption = HERE,
    answers: Annotated[
        str, typer.Option(metavar="LETTERS", help="Your answers, such as zsoe: nothing is asked.")
    ] = "",
) -> None:
    """Say what scripts will predict before they are run: at the start and at the end of a class.

    z zeros, s the same as before saving, o other numbers, e an error. Each script is run then, with
    a model of its own. The score of each round is kept.
    """
    from harness.cli.learn_predict import play_round

    play_round(folder, answers)
    typer.echo(printable(f"Next: {command_line('learn')}{name_folder(folder)}"))


@app.command("find", cls=Command)
def find(
    identifier: Annotated[
        str, typer.Argument(metavar="[CASE]", help="A case (default: the next).")
    ] = "",
    folder: FolderOption = HERE,
    answer: Annotated[
        str, typer.Option(metavar="ANSWER", help="A letter, or a lesson's id: nothing is asked.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Make the case anew, with another model.")
    ] = False,
) -> None:
    """Find the cause: a colleague sends a model file that predicts wrongly. Or does it?

    Each case lies in a folder of its own. Look at it with whatever you like; then say which lesson
    is the cause. The answer comes with the evidence, and with the command that shows it.
    """
    from harness.cli.learn_find import find_cause

    find_cause(folder, identifier, answer, again)


@app.command("summary", cls=Command)
def summary(
    places: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Learners' folders, or copies of progress.json."),
    ],
    csv_file: Annotated[
        str, typer.Option("--csv", metavar="FILE", help="Write a CSV file too; - prints it alone.")
    ] = "",
) -> None:
    """Say how a class stands: who is where, which exercise holds people up, who needs help.

    DIR may also be a folder with the folders, or with the files, of a whole class. Nothing in it is
    changed.
    """
    from harness.cli.learn_summary import print_summary

    print_summary(places, csv_file)


@app.command("solution", cls=Command)
def solution(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="An exercise.")],
    folder: FolderOption = HERE,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show it although the exercise is not done.")
    ] = False,
) -> None:
    """Show how our cure differs from the script that you were given."""
    from harness.cli.learn_show import open_progress, show_solutions

    progress = open_progress(folder)
    exercise = choose(identifier, progress)
    if exercise.id not in progress.done and not reveal:
        raise UsageError(
            f"{exercise.id} is not done yet",
            "",
            f"{command_line(f'learn hint {exercise.id}')}{name_folder(folder)}, or add --reveal",
        )
    show_solutions(exercise)
    tip("check", "", folder)


@app.command("reset", cls=Command)
def reset(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="An exercise.")],
    folder: FolderOption = HERE,
) -> None:
    """Write an exercise's script as it was; yours is kept as restore.py.mine.

    Where the artifact or the inputs are gone, those of another model are made.
    """
    from harness.cli.learn_show import open_progress, refill, reset_script

    exercise = choose(identifier, open_progress(folder))
    reset_script(folder, exercise)
    refill(folder, exercise)
    tip("check", exercise.id, folder)


def choose(identifier: str, progress: "Progress") -> "Exercise":
    """Return the exercise of that id, or the next to do (the first, if all are done)."""
    from harness.course.exercises import find_exercise
    from harness.course.progress import find_next, list_course

    course = list_course(progress)
    return find_exercise(identifier, course) if identifier else find_next(progress) or course[0]


def tip(action: str, identifier: str, folder: Path) -> None:
    """Print the next command."""
    words = " ".join(filter(None, ["learn", action, identifier]))
    typer.echo(printable(f"Next: {command_line(words)}{name_folder(folder)}"))


def name_folder(folder: Path) -> str:
    """Return the option that names the folder, "" for the current one."""
    import shlex

    return "" if folder == HERE else f" --dir {shlex.quote(str(folder))}"
