"""`diagnose` without a file: six questions, then what to check, the likeliest first."""

import contextlib
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from harness.api import read_lessons
from harness.catalog.lesson import write_ladder
from harness.cli.highlight import print_blocks
from harness.cli.options import suggest_lesson
from harness.cli.printer import Printer
from harness.cli.terminal import prose_width
from harness.diagnose.questions import (
    QUESTIONS,
    UNKNOWN,
    Answers,
    Question,
    find_choice,
    read_answers,
    write_answers,
)
from harness.diagnose.suspects import Suspect, SuspectRanker
from harness.errors import CHANGED, EXPECTED, Interrupted, UsageError, count
from harness.formats.facts import plain
from harness.program import command_line

if TYPE_CHECKING:
    from harness.diagnose.diagnosis import Diagnosis

SHOWN = 5  # lessons
KEPT = "diagnose-answers"  # the file in which answers are kept when somebody stops
Show = Callable[["Diagnosis"], None]  # prints a diagnosis, without its next command


class Consultation(msgspec.Struct, frozen=True):
    """What was answered, what to check, and what the file says where its path was answered."""

    answers: Answers
    suspects: list[Suspect]
    diagnosis: "Diagnosis | None"


def can_ask() -> bool:
    """Return whether somebody sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def consult(file: Path | None, printer: Printer, show: Show) -> None:
    """Ask, or read the answers in `file`; print what to check. Raises typer.Exit."""
    answers = read_answers(file) if file else ask_all()
    diagnosis = diagnose_answered(answers)
    ranker = SuspectRanker(read_lessons(None))
    suspects = put_findings_first(ranker.rank(answers), diagnosis)[:SHOWN]
    printer.record(Consultation(answers, suspects, diagnosis))
    if printer.shows_text:
        if diagnosis:
            show(diagnosis)
            printer.text("")
        print_suspects(ranker, answers, suspects, printer)
    if answers.path is None:
        printer.tip(f"A model file tells more: {command_line('diagnose model.keras')}")
    if file and answers.open:
        printer.tip(f"Not answered: {', '.join(answers.open)}. Each answer sharpens the list.")
    printer.tip(f"Next: {suggest_lesson(suspects[0].scenario)}")
    raise typer.Exit(CHANGED if diagnosis and diagnosis.wrong else EXPECTED)


def diagnose_answered(answers: Answers) -> "Diagnosis | None":
    """Return what the file says whose path was answered; raises UsageError and CannotRead."""
    if answers.path is None:
        return None
    from harness.diagnose.diagnosis import diagnose_file

    return diagnose_file(answers.path)


def put_findings_first(suspects: list[Suspect], diagnosis: "Diagnosis | None") -> list[Suspect]:
    """Return the suspects, those first that the file itself speaks for."""
    found = [each.scenario for each in diagnosis.findings] if diagnosis else []
    return sorted(
        suspects,
        key=lambda one: found.index(one.scenario) if one.scenario in found else len(found),
    )


def print_suspects(
    ranker: SuspectRanker, answers: Answers, suspects: list[Suspect], printer: Printer
) -> None:
    """Print what to check, each with its check and its command."""
    by_id = {each.id: each for each in ranker.catalog.scenarios}
    rungs = [by_id[each.scenario] for each in suspects]
    see = {each.id: suggest_lesson(each.id) for each in rungs}
    fitting = {each.scenario: ", ".join(each.fits) for each in suspects if each.fits}
    why = {name: f"Fits your answers: {fits}." for name, fits in fitting.items()}
    asked = len(QUESTIONS) - len(answers.open)
    printer.prose(
        f"By your answers to {count(asked, 'question')}, check in this order: the likeliest and"
        " cheapest first. The order is a guess, and no measurement of your model.\n"
    )
    print_blocks(write_ladder(rungs, see, prose_width(), why))


def ask_all() -> Answers:
    """Ask every question; raises Interrupted with what was answered in a file."""
    answers = Answers()
    say('Six questions. Enter means "I do not know". Ctrl-C keeps what you have answered.')
    for number, question in enumerate(QUESTIONS, 1):
        try:
            said = ask(question, number, read_line)
        except (KeyboardInterrupt, EOFError, typer.Abort) as error:
            say("")  # the cursor stands behind the prompt
            raise Interrupted(keep(answers)) from error
        answers = msgspec.structs.replace(answers, **{question.key: said or UNKNOWN})
    say("")
    return answers


def ask(question: Question, number: int, read: Callable[[], str]) -> str:
    """Return the answer to a question, "" for none; asks again where it is not understood."""
    say(f"\n{number} of {len(QUESTIONS)}. {question.text}")
    for place, each in enumerate(question.choices, 1):
        say(f"  {place}  {each.sentence}")
    if question.hint:
        say(f"  (or {question.hint})")
    while True:
        said = read().strip()
        if not said or (question.key in ("see", "before")):
            return said
        problem = find_problem(question, said)
        if not problem:
            return said
        say(f"{problem} Type a number from 1 to {len(question.choices)}, or Enter.")


def find_problem(question: Question, said: str) -> str:
    """Return why an answer cannot be used, "" where it can."""
    if question.key == "file" and (path := Answers(file=said).path):
        there = path.exists() or path.with_name(path.name + ".index").exists()
        return "" if there else f"There is no file {plain(path)}."
    known = said.lower() == UNKNOWN or find_choice(question, said) != UNKNOWN
    return "" if known else "That is none of the answers."


def read_line() -> str:
    """Return what is typed, with the other lines of what was pasted."""
    typer.echo("> ", nl=False, err=True)
    lines = [read_typed()]
    with contextlib.suppress(OSError, ValueError):  # Windows waits for sockets alone
        while lines[-1] and select.select([sys.stdin], [], [], 0.1)[0]:
            lines.append(read_typed())
    return " ".join(lines)


def read_typed() -> str:
    """Return one line; raises EOFError at the end of the input."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def keep(answers: Answers) -> str:
    """Write the answers to a new file; return a sentence with the command that goes on."""
    if answers == Answers():
        return ""
    for number in range(1, 100):
        path = Path(f"{KEPT}-{number}.txt" if number > 1 else f"{KEPT}.txt")
        try:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(write_answers(answers))
        except FileExistsError:
            continue
        except OSError:
            break
        going_on = command_line(f"diagnose --answers {path}")
        return f"Your answers are kept in {path}. Add the others, then:\n{going_on}"
    return "Your answers:\n" + write_answers(answers)


def say(text: str) -> None:
    """Print a line of the conversation on stderr: stdout is for the result."""
    typer.echo(text, err=True)


def refuse_both(file: Path) -> UsageError:
    """Return the error for answers beside a model."""
    return UsageError(
        "--answers is for those who name no model file, code or outputs",
        "",
        f"write the path behind `file:` in {plain(file)}",
    )
