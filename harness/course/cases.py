"""Find the cause: a model file that a colleague sends, and lessons of which one is the cause."""

import random
from pathlib import Path
from typing import Literal

import msgspec

from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.course.exercises import BROKEN
from harness.diagnose.causes.table import CAUSES
from harness.errors import UsageError, advise

FILE = Path(__file__).with_name("cases.toml")
NOTHING = "nothing"
NOTHING_SAID = "Nothing is wrong: it predicts what it predicted before it was saved."
LETTERS = "abcdefgh"
Shown = Literal["inputs", "before", "now"]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case: `id` and `context` tell nothing of the cause.

    `scenario` is the master and, unless that is a look-alike, the answer. `path` is what gave the
    predictions of now. `files` of the artifact are handed out, the model first; `shows` are the
    arrays beside it. `wrong` are the other lessons to choose from. `evidence` is the cause that
    `diagnose` names, "" for a look-alike. `reader` is the release that is to read the file.
    """

    id: str
    scenario: str
    context: str
    files: tuple[str, ...]
    wrong: tuple[str, ...]
    path: str = BROKEN
    shows: tuple[Shown, ...] = ("inputs", "before", "now")
    evidence: str = ""
    reader: str = ""

    @property
    def cause(self) -> str:
        """The right answer: a scenario's id, or NOTHING for a look-alike."""
        return self.scenario if self.evidence else NOTHING

    @property
    def choices(self) -> list[str]:
        """What can be answered, in the order that everybody sees; NOTHING is the last."""
        lessons = sorted({*self.wrong, self.cause} - {NOTHING})
        random.Random(self.id).shuffle(lessons)
        return [*lessons, NOTHING]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What cases.toml holds."""

    case: tuple[Case, ...]


CASES = msgspec.toml.decode(FILE.read_bytes(), type=Table).case


def find_case(identifier: str) -> Case:
    """Return the case with this id; raises UsageError that names the nearest one."""
    for each in CASES:
        if each.id == identifier:
            return each
    listed, tip = advise(identifier, [each.id for each in CASES])
    raise UsageError(f"there is no case {identifier}", listed, tip)


def list_cases(scenario: Scenario) -> list[Case]:
    """Return the cases that are cut from a scenario."""
    return [each for each in CASES if each.scenario == scenario.id]


def describe_choice(choice: str, catalog: Catalog) -> str:
    """Return what a choice says: of a cause that `diagnose` knows, without the lesson's example."""
    if choice == NOTHING:
        return NOTHING_SAID
    return CAUSES[choice].sentence if choice in CAUSES else catalog.find(choice).summary


def read_answer(case: Case, answer: str, catalog: Catalog) -> str:
    """Return the choice that an answer means: a letter, or the id of any lesson.

    A look-alike's own id is NOTHING. Raises UsageError for what is neither.
    """
    word = answer.strip().lower()
    if len(word) == 1 and word in LETTERS[: len(case.choices)]:
        return case.choices[LETTERS.index(word)]
    if word == NOTHING:
        return word
    try:
        scenario = catalog.find(word)
    except UsageError as error:
        last = LETTERS[len(case.choices) - 1]
        said = f"answer with {LETTERS[0]} to {last}, or with the id of a lesson"
        raise UsageError(f"{word or 'nothing typed'} is no answer", said, error.tip) from error
    return NOTHING if scenario.is_look_alike else scenario.id


def count_right(found: dict[str, list[str]]) -> tuple[int, int]:
    """Return how many cases were answered rightly at once, and how many were answered."""
    known = {each.id: each for each in CASES}
    first = {name: answers[0] for name, answers in found.items() if answers and name in known}
    return sum(known[name].cause == answer for name, answer in first.items()), len(first)
