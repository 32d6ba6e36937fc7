"""`learn summary`: one page, and a CSV file, of how a class stands."""

import csv
import io
import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec
import typer

from harness.cli.printer import Printer
from harness.cli.terminal import choose_layout, fit_message, prose_width
from harness.course.cases import count_right
from harness.course.progress import list_course
from harness.course.summary import (
    ExerciseSummary,
    Learner,
    Row,
    find_obstacle,
    find_stuck,
    list_rows,
    list_unchecked,
    read_class,
    summarize_exercises,
)
from harness.errors import count, printable
from harness.files import check_can_write, write_whole
from harness.program import command_line
from harness.report.layout import draw_table

STDOUT = "-"
FORMULA = ("=", "+", "-", "@", "\t")  # a spreadsheet would compute a name that begins so


def print_summary(places: list[Path], csv_file: str) -> None:
    """Print how a class stands, and write its CSV file; a file "-" prints the CSV alone.

    Raises UsageError where nobody is found, or the CSV file cannot be written.
    """
    if csv_file and csv_file != STDOUT:
        check_can_write(Path(csv_file))
    learners, unread = read_class(places)
    for each in unread:
        typer.echo(fit_message(printable(f"NOTE   {each}"), prose_width()), err=True)
    if csv_file == STDOUT:
        typer.echo(write_csv(learners), nl=False)
        return
    if csv_file:
        write_whole(Path(csv_file), write_csv(learners))
    exercises = summarize_exercises(learners)
    show_learners(learners)
    show_exercises(exercises)
    prose = Printer(None).prose
    typer.echo()
    obstacle = describe_obstacle(exercises, len(learners))
    for sentence in [obstacle, *describe_stuck(learners), *describe_unchecked(learners)]:
        prose(printable(sentence))
    if csv_file:
        typer.echo(printable(f"Wrote {csv_file}."))
        return
    named = " ".join(shlex.quote(str(each)) for each in places)
    typer.echo(printable(f"Next: {command_line(f'learn summary {named} --csv class.csv')}"))


def write_csv(learners: Sequence[Learner]) -> str:
    """Return a line for each learner and exercise, and for each round of `learn predict`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    for row in list_rows(learners):
        cells = ["" if each is None else each for each in msgspec.structs.astuple(row)]
        writer.writerow([f"'{each}" if str(each).startswith(FORMULA) else each for each in cells])
    return text.getvalue()


def show_learners(learners: Sequence[Learner]) -> None:
    """Print a table of the learners: how many exercises are done, and where each is."""
    heads = ["learner", "track", "done", "at", "failed checks", "hints", "predict", "find"]
    rows = []
    for each in learners:
        course, at = list_course(each.progress), each.at
        rounds, (found, answered) = each.progress.predicted, count_right(each.progress.found)
        rows.append(
            [
                printable(each.name),
                each.progress.track,
                f"{sum(one.id in each.progress.done for one in course)}/{len(course)}",
                at.id if at else "-",
                each.tries(at).failed if at else "",
                each.hints(at) if at else "",
                ", ".join(f"{right}/{asked}" for right, asked in rounds),
                f"{found}/{answered}" if answered else "",
            ]
        )
    right = ("done", "failed checks", "hints")
    typer.echo(draw_table(heads, rows, choose_layout("simple"), right=right))


def show_exercises(exercises: Sequence[ExerciseSummary]) -> None:
    """Print a table of the exercises that anybody has come to."""
    heads = ["exercise", "done", "at it", "failed checks", "hints", "minutes"]
    rows = [
        [
            each.id,
            f"{each.done}/{each.learners}",
            each.at,
            each.failed,
            each.hints,
            "-" if each.minutes is None else f"{each.minutes:g}",
        ]
        for each in exercises
    ]
    if rows:
        typer.echo()
        typer.echo(draw_table(heads, rows, choose_layout("simple"), right=heads[1:]))


def describe_obstacle(exercises: Sequence[ExerciseSummary], learners: int) -> str:
    """Return which exercise holds people up, as a sentence."""
    held = find_obstacle(exercises)
    if held is None:
        return "No check has failed yet."
    be = "is" if held.at == 1 else "are"
    holds, at_it = "holds", f"{held.at} of {count(learners, 'learner')} {be} at it"
    if not held.at:
        holds, at_it = "has held", "nobody is at it now"
    return (
        f"{held.id} {holds} people up most: {at_it},"
        f" {count(held.failed, 'check')} of it failed, {count(held.hints, 'hint')} read."
    )


def describe_stuck(learners: Sequence[Learner]) -> list[str]:
    """Return who needs help now, one sentence each."""
    stuck = find_stuck(learners)
    if not stuck:
        return ["Nobody needs help."]
    return ["Need help now:"] + [
        f"- {each.name}: {each.exercise}, {count(each.failed, 'failed check')},"
        f" {count(each.hints, 'hint')} read"
        for each in stuck
    ]


def describe_unchecked(learners: Sequence[Learner]) -> list[str]:
    """Return who has exercises done that were never checked, one sentence each."""
    unchecked = [(each.name, names) for each in learners if (names := list_unchecked(each))]
    if not unchecked:
        return []
    return ["Done without a check (a file that was edited, or is of an older release):"] + [
        f"- {name}: {', '.join(names)}" for name, names in unchecked
    ]
