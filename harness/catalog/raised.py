"""Errors that lessons raised when they were measured: which lesson, which text, which releases."""

from collections import Counter
from functools import cache

import msgspec

from harness.catalog.words import FOLDER

RUN = 4  # neighbouring words that are compared
RARE = 2  # lessons: a run of words that more of them show tells none
LEAST_RUNS = 2  # rare runs of words that a question must share with an error


class Raised(msgspec.Struct, frozen=True):
    """One error text. "…" stands for what differs each time, or is left out."""

    lesson: str
    error: str  # the exception's class
    text: str
    releases: list[str]  # of TensorFlow, as readers: "2.16", "2.16+legacy"


@cache
def read_raised() -> list[Raised]:
    """Return the committed index."""
    lines = (FOLDER / "raised.jsonl").read_text(encoding="utf-8").splitlines()
    return [msgspec.json.decode(line, type=Raised) for line in lines]


def match_raised(words: str) -> list[str]:
    """Return the ids of the lessons that raised an error whose words stand in `words`."""
    holders = count_holders()
    asked = runs_of(words)
    found: Counter[str] = Counter()
    for each in read_raised():
        shared = [run for run in runs_of(each.text) & asked if holders[run] <= RARE]
        if len(shared) >= LEAST_RUNS:
            found[each.lesson] = max(found[each.lesson], len(shared))
    return [lesson for lesson, _ in found.most_common()]


@cache
def count_holders() -> Counter[tuple[str, ...]]:
    """Return how many lessons show each run of words."""
    runs: dict[str, set[tuple[str, ...]]] = {}
    for each in read_raised():
        runs.setdefault(each.lesson, set()).update(runs_of(each.text))
    return Counter(run for some in runs.values() for run in some)


def runs_of(text: str) -> frozenset[tuple[str, ...]]:
    """Return every run of RUN neighbouring words in a text; numbers are all alike."""
    words = [
        "#" if word.isdigit() else word
        for word in "".join(each if each.isalnum() else " " for each in text.lower()).split()
    ]
    return frozenset(tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))
