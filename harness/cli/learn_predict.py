"""`learn predict`: asks what a script will predict, then runs it."""

from pathlib import Path

import typer

from harness.cli.learn_show import find_master, open_default, open_progress, warn_without_cage
from harness.cli.printer import Printer
from harness.cli.waiting import show_progress
from harness.course.checking import Checker, open_checker
from harness.course.predicting import (
    GUESSES,
    Question,
    choose_questions,
    describe_model,
    run_question,
    show_code,
)
from harness.course.progress import write_progress
from harness.course.table import list_track
from harness.errors import UsageError, count, printable
from harness.program import command_line

ASKED = "What will it predict? " + ", ".join(f"{key} {each}" for key, each in GUESSES.items())


def play_round(folder: Path, answers: str) -> None:
    """Ask the questions of the next round, and keep the score when all are answered.

    Raises UsageError for letters that are no answers, and where there is nobody to answer.
    """
    progress = open_progress(folder)
    questions = choose_questions(list_track(progress.track), len(progress.predicted), find_master)
    check_answers(answers, len(questions))
    warn_without_cage()
    right = 0
    with open_checker(open_default()) as checker:
        for number, question in enumerate(questions):
            with show_progress(f"saving the model of question {number + 1}"):
                ahead = [checker.prepare(each.scenario) for each in questions[number : number + 2]]
                model = ahead[0].result()
            typer.echo(f"\nQuestion {number + 1} of {len(questions)}\n")
            typer.echo(printable(f"{show_code(question)}\n"))
            Printer(None).prose(printable(describe_model(model)))
            right += ask(checker, question, answers[number : number + 1])
    progress = open_progress(folder)  # read anew: another command may have changed it meanwhile
    progress.predicted.append((right, len(questions)))
    write_progress(folder, progress)
    typer.echo(f"\n{right} of {count(len(questions), 'answer')} right.")
    if len(progress.predicted) > 1:
        before, asked = progress.predicted[0]
        typer.echo(f"In your first round it was {before} of {asked}.")


def ask(checker: Checker, question: Question, answer: str) -> bool:
    """Ask one question unless it is answered, run the script, and say whether that was right."""
    guess = GUESSES[answer or read_answer()]
    with show_progress("running it"):
        outcome, checked = run_question(checker, question)
    said = checked.said[:1].upper() + checked.said[1:]
    Printer(None).prose(printable(f"{'Right' if guess == outcome else 'No'}: {outcome}. {said}"))
    return guess == outcome


def read_answer() -> str:
    """Return one of the letters, asked until it is one; raises UsageError at the end of input."""
    while True:
        typer.echo(f"{ASKED}.")
        try:
            letter = input("> ").strip().lower()[:1]
        except EOFError as error:
            tip = command_line(f"learn predict --answers {''.join(GUESSES)}")
            raise UsageError("there is nobody to answer", "the input has ended", tip) from error
        if letter in GUESSES:
            return letter


def check_answers(answers: str, questions: int) -> None:
    """Raise UsageError unless there are no answers, or a letter for every question."""
    if answers and (len(answers) != questions or set(answers) - set(GUESSES)):
        raise UsageError(
            f"--answers is {answers!r}",
            f"it needs {count(questions, 'letter')} out of {', '.join(GUESSES)}",
            command_line(f"learn predict --answers {('zsoe' * questions)[:questions]}"),
        )
