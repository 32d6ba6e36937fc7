"""How often answers lead to the lesson of the failure: `python -m tests.asked.measure [--misses]`.

The answers were written before anything ranked lessons by answers. Those held apart were not looked
at while the ranking was made; `--misses` never shows them.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.catalog.load import read_catalog
from harness.diagnose.questions import Answers
from harness.diagnose.suspects import SuspectRanker

CASES = Path(__file__).with_name("cases.jsonl")


class Case(msgspec.Struct, frozen=True):
    """What somebody would answer who has the failure of `scenario`. `words`: what they would add.

    `apart`: held apart from the making of the ranking.
    """

    scenario: str
    words: str
    apart: bool
    answers: Answers


@dataclass(frozen=True)
class Share:
    """Of `cases` so many have the right lesson first, among three, among five."""

    cases: int
    first: int
    in_three: int
    in_five: int

    def __str__(self) -> str:
        some = f"first {self.first}, in three {self.in_three}, in five {self.in_five}"
        return f"{some} of {self.cases}"


def read_cases() -> list[Case]:
    """Return all cases."""
    lines = CASES.read_text().splitlines()
    return [msgspec.json.decode(line, type=Case) for line in lines]


def answer_of(case: Case, with_words: bool) -> Answers:
    """Return the answers, with or without what is added in own words."""
    if not with_words:
        return case.answers
    return msgspec.structs.replace(case.answers, see=f"{case.answers.see}: {case.words}")


def place_of(ranker: SuspectRanker, case: Case, answers: Answers) -> int:
    """Return the place of the right lesson, 1 for the first."""
    ranked = [each.scenario for each in ranker.rank(answers)]
    return ranked.index(case.scenario) + 1


def measure(ranker: SuspectRanker, cases: list[Case], with_words: bool) -> Share:
    """Return how often the right lesson is among the first."""
    places = [place_of(ranker, each, answer_of(each, with_words)) for each in cases]
    return Share(len(places), *(sum(place <= most for place in places) for most in (1, 3, 5)))


def main() -> None:
    """Print the shares, and with --misses the open cases that are not among three."""
    ranker, cases = SuspectRanker(read_catalog(None)), read_cases()
    for title, apart in (("open", False), ("held apart", True)):
        some = [each for each in cases if each.apart is apart]
        for words in (False, True):
            kind = "choices and own words" if words else "choices alone"
            print(f"{title}, {kind}: {measure(ranker, some, words)}")
    blank = [msgspec.structs.replace(each, answers=Answers()) for each in cases]
    print(f"all, own words alone: {measure(ranker, blank, True)}")
    for each in cases if "--misses" in sys.argv else []:
        if each.apart:
            continue
        for words in (False, True):
            ranked = [one.scenario for one in ranker.rank(answer_of(each, words))]
            place = ranked.index(each.scenario) + 1
            if place > 3:
                print(f"{each.scenario} {'words' if words else 'choices'} {place}: {ranked[:4]}")


if __name__ == "__main__":
    main()
