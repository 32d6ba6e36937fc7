"""From answers to the lessons they speak for: the likeliest and cheapest to check first.

A lesson's weight is how common its mistake is (the catalog's table), over the root of the minutes
that its check takes, times how well it fits each answer. What a lesson shows is read from the
lesson's own file: its declared verdicts, its traits, its words. The numbers here belong to answers,
and to no lesson.
"""

import math
from collections.abc import Mapping
from functools import cached_property

import msgspec

from harness.catalog.error_texts import list_lessons
from harness.catalog.likelihood import LIKELIHOODS, chance_of
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.catalog.search import Searcher
from harness.catalog.traits import Traits, read_traits
from harness.diagnose.questions import UNKNOWN, Answers

COMMON = dict(zip(LIKELIHOODS, (6.0, 3.0, 1.0), strict=True))  # how often a mistake is met
WORD = 0.25  # what a point of the search's score counts, as a logarithm
TOLD = 1000.0  # what a lesson counts whose error was pasted
SECOND = 0.6  # what a verdict counts that a lesson shows beside its first one
# How often people say what is in the key who see the verdict in the value.
SEEN: dict[str, Mapping[str, float]] = {
    "zeros": {"zeros": 1, "constant": 0.1, "differs": 0.02},
    "constant": {"constant": 1, "zeros": 0.15, "differs": 0.12},
    "nan": {"nan": 1},
    "error": {"error": 1, "timeout": 1, "crash": 1, "shape": 1},
    "changes": {"differs": 0.1, "constant": 0.02},
    "differs": {"differs": 1, "shape": 0.3, "constant": 0.1},
}
NEVER = 0.02
STRONG = 8.0  # a score of the search from which words are said to fit
USUAL = {UNKNOWN, "yes", "no", "same", "nothing", "none"}  # answers that most lessons fit
FITS, OPEN, MISFITS = 1.0, 0.4, 0.1  # a trait is as answered; the file says nothing; is otherwise


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that the answers speak for. `fits`: the answers that do. `weight`: an order."""

    scenario: str
    summary: str
    check: str
    minutes: int
    fits: list[str]
    weight: float


class SuspectRanker:
    """A catalog made ready to be ranked by answers; each part is made when it is first needed."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    @cached_property
    def searcher(self) -> Searcher:
        return Searcher(self.catalog)

    @cached_property
    def traits(self) -> list[Traits]:
        return [read_traits(each) for each in self.catalog.scenarios]

    def rank(self, answers: Answers) -> list[Suspect]:
        """Return all lessons, those first that the answers speak for."""
        scenarios, words = self.catalog.scenarios, answers.words
        scores = self.searcher.ranker.rank(words) if words else [0.0] * len(scenarios)
        told = list_lessons(self.catalog, words) if words else []
        lessons = zip(scenarios, self.traits, scores, strict=False)  # scores go on: other subjects
        found = [
            weigh(each, traits, answers, score, told.index(each.id) if each.id in told else None)
            for each, traits, score in lessons
        ]
        return sorted(found, key=lambda each: -each.weight)


def weigh(
    scenario: Scenario, traits: Traits, answers: Answers, score: float, told: int | None
) -> Suspect:
    """Return a lesson with its weight; `told`: its place among those whose error was pasted."""
    chance = chance_of(scenario)
    factors = {
        "see": fit_symptom(scenario, traits, answers.choice("see")),
        "session": fit_session(scenario, traits, answers.choice("session")),
        "elsewhere": fit_place(scenario, traits, answers.choice("elsewhere")),
        "before": fit_data(scenario, traits, answers.choice("before")),
        "custom": fit_custom(traits, answers.choice("custom")),
        "file": fit_format(traits, answers.choice("file")),
    }
    weight = COMMON[chance.likelihood] / math.sqrt(chance.check_minutes)
    weight *= math.prod(factors.values()) * math.exp(WORD * score)
    if told is not None:
        weight *= TOLD / (1 + told)
    fits = [answers.choice(key) for key, factor in factors.items() if factor == FITS]
    fits = [each for each in fits if each not in USUAL] + ["your words"] * (score > STRONG)
    return Suspect(
        scenario=scenario.id,
        summary=scenario.summary,
        check=scenario.section("Spot it"),
        minutes=chance.check_minutes,
        fits=fits,
        weight=weight,
    )


def fit_symptom(scenario: Scenario, traits: Traits, seen: str) -> float:
    """Return how well a lesson fits what is seen."""
    if seen == UNKNOWN:
        return 0.3 if scenario.is_look_alike else FITS
    if scenario.is_look_alike:
        return OPEN if seen == "error" and scenario.alarm else MISFITS / 2
    if seen == "changes" and traits.random:
        return FITS
    shown = enumerate(scenario.verdicts("broken"))
    fits = (SEEN[seen].get(verdict, 0) * (SECOND if place else 1) for place, verdict in shown)
    return max([NEVER, *fits])


def fit_session(scenario: Scenario, traits: Traits, right: str) -> float:
    """Return how well a lesson fits that the session which saved the model predicts rightly."""
    if right == UNKNOWN:
        return FITS
    lost = scenario.family == "version" or traits.process or traits.place
    if scenario.family == "preprocessing" and not lost:
        return OPEN if right == "no" else FITS
    return FITS if lost == (right == "yes") else MISFITS * 2


def fit_place(scenario: Scenario, traits: Traits, place: str) -> float:
    """Return how well a lesson fits the place where the model is used."""
    if place == UNKNOWN:
        return FITS
    if place == "device" or "tflite" in traits.formats:
        return FITS if (place == "device") == ("tflite" in traits.formats) else MISFITS
    if place == "release" or scenario.family == "version":
        return FITS if (place == "release") == (scenario.family == "version") else MISFITS
    if place == "machine":
        return FITS if traits.place or traits.process else OPEN
    return FITS


def fit_data(scenario: Scenario, traits: Traits, data: str) -> float:
    """Return how well a lesson fits what stands before the model."""
    if data == UNKNOWN:
        return FITS
    if data == "nothing":
        return MISFITS * 2 if scenario.family == "preprocessing" else FITS
    if data in traits.data:
        return FITS
    return MISFITS if traits.data else OPEN


def fit_custom(traits: Traits, custom: str) -> float:
    """Return how well a lesson fits the user's own code."""
    if custom == UNKNOWN:
        return FITS
    if custom == "none":
        return MISFITS if traits.custom else FITS
    if custom in traits.custom:
        return FITS
    return OPEN / 2 if traits.custom else MISFITS


def fit_format(traits: Traits, named: str) -> float:
    """Return how well a lesson fits the format of the file."""
    if named == UNKNOWN or named in traits.formats:
        return FITS
    whole = {"keras", "h5"}
    if named in whole and traits.formats & whole:
        return 0.8  # most mistakes do not depend on which of the two
    return MISFITS * 2 if traits.formats else OPEN
