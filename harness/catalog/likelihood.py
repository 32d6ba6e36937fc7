"""How common a lesson's mistake is and how long its check takes, and the order that follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from harness.catalog.scenario import Scenario
from harness.catalog.words import read_lines

Likelihood = Literal["many", "some", "rare"]
LIKELIHOODS: tuple[Likelihood, ...] = get_args(Likelihood)


@dataclass(frozen=True)
class Chance:
    """How common: `threads` public reports are known; `counted` is false where we judged."""

    likelihood: Likelihood
    counted: bool
    threads: int
    check_minutes: int

    def __str__(self) -> str:
        known = "public thread" if self.threads == 1 else "public threads"
        source = f"{self.threads} {known} known" if self.counted else "as we judge"
        minutes = "minute" if self.check_minutes == 1 else "minutes"
        met = {"many": "met often", "some": "met now and then", "rare": "rare"}[self.likelihood]
        return f"{met} ({source}); the check takes about {self.check_minutes} {minutes}"


UNKNOWN = Chance("rare", counted=False, threads=0, check_minutes=2)  # of a lesson of the user's


def chance_of(scenario: Scenario) -> Chance:
    """Return how common the mistake of a scenario is; UNKNOWN where nobody has said it."""
    return read_chances().get(scenario.id, UNKNOWN)


@cache
def read_chances() -> dict[str, Chance]:
    """Return the committed table."""
    found = {}
    for line in read_lines("likelihood"):
        identifier, rest = line.split(": ")
        likelihood, source, minutes = rest.split(", ")
        how, threads = source.split()
        index = LIKELIHOODS.index(likelihood)
        found[identifier] = Chance(LIKELIHOODS[index], how == "counted", int(threads), int(minutes))
    return found


def order_by_likelihood(scenarios: Iterable[Scenario], symptom: str = "") -> list[Scenario]:
    """Return the scenarios, the likeliest first, of equally likely ones the cheapest check first.

    Look-alikes come last: whoever asks has seen something that is wrong. With a `symptom`, of
    equally likely ones those come first that show it before anything else. Ties keep their order.
    """

    def place(scenario: Scenario) -> tuple[bool, int, bool, int, int]:
        chance = chance_of(scenario)
        rank = LIKELIHOODS.index(chance.likelihood)
        aside = bool(symptom) and scenario.verdicts("broken")[:1] != [symptom]
        return scenario.is_look_alike, rank, aside, chance.check_minutes, -chance.threads

    return sorted(scenarios, key=place)
