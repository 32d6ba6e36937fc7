"""Predict first: a learner says what a script will predict, then the script is run for real.

Scripts that fail and scripts that are mended are asked alike, each with a model that it has not
seen. So the answers at the start and at the end of a class can be compared.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.catalog.scenario import Scenario
from harness.course.checking import Checker
from harness.course.exercises import MARK, cut_solution, cut_starter, list_solutions
from harness.course.judging import Checked
from harness.course.models import UnseenModel
from harness.course.table import EXERCISES, Exercise
from harness.verdicts.names import Verdict
from harness.verdicts.statistics import Array

MOST = 8  # questions of a round
Guess = Literal["zeros", "the same as before saving", "other numbers", "an error"]
GUESSES: dict[str, Guess] = {
    "z": "zeros",
    "s": "the same as before saving",
    "o": "other numbers",
    "e": "an error",
}
SEEN: dict[Verdict, Guess] = {
    "zeros": "zeros",
    "match": "the same as before saving",
    "error": "an error",
    "crash": "an error",
    "timeout": "an error",
}


@dataclass(frozen=True)
class Question:
    """One script; `code` has no word of what is wrong with it."""

    exercise: Exercise
    scenario: Scenario
    code: str


def choose_questions(
    track: tuple[Exercise, ...], round_number: int, find_master: Callable[[Exercise], Scenario]
) -> list[Question]:
    """Return the questions of a round, some broken and some mended.

    They are of exercises that the learner's track leaves out, so that no cure is given away.
    """
    rng = random.Random(f"predict {round_number}")
    others = [each for each in EXERCISES if each not in track]
    chosen = rng.sample(others or track, MOST)
    return [ask_about(each, find_master(each), rng) for each in chosen]


def ask_about(exercise: Exercise, scenario: Scenario, rng: random.Random) -> Question:
    """Return a question about an exercise: its script as it is found, or mended."""
    solutions = list_solutions(scenario)
    if solutions and rng.random() < 0.5:
        code = cut_solution(exercise, scenario, rng.choice(solutions))
    else:
        code = cut_starter(exercise, scenario).replace(f"{MARK}\n", "")
    return Question(exercise, scenario, code)


def show_code(question: Question) -> str:
    """Return the script without its first line, which tells what people saw."""
    return question.code.partition("\n")[2].strip("\n")


def describe_model(model: UnseenModel) -> str:
    """Return what a learner may know of a model: what was saved, and what goes in."""
    artifact = model.folder / "artifact"
    saved = sorted(each.name for each in artifact.iterdir())
    with np.load(model.folder / "inputs.npz") as arrays:
        inputs = [describe_input(arrays[name]) for name in sorted(arrays.files)]
    return f"Saved: {', '.join(saved)}. Inputs: {'; '.join(inputs)}."


def describe_input(values: Array) -> str:
    """Return rows, shape of a row, kind and range of an input in words."""
    rows = f"{len(values)} rows" if values.ndim else "one value"
    shape = " x ".join(map(str, values.shape[1:]))
    said = f"{rows} of {shape} {values.dtype}" if shape else f"{rows}, {values.dtype}"
    if values.dtype.kind in "fiu" and values.size:
        said += f", {values.min():.4g} to {values.max():.4g}"
    return said


def run_question(checker: Checker, question: Question) -> tuple[Guess, Checked]:
    """Run the script of a question; return what it really gave. Raises EnvironmentUnusable.

    All rows are predicted: the script is ours, and what it gives for them was asked.
    """
    checked = checker.run(question.code, question.scenario, half=False)
    return name_outcome(checked.verdict), checked


def name_outcome(verdict: Verdict) -> Guess:
    """Return which of the four answers a verdict is."""
    return SEEN.get(verdict, "other numbers")
