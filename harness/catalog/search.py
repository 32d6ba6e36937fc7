"""The lessons that answer a question in its author's words, and whether one of them fits well."""

from dataclasses import dataclass

from harness.catalog.error_texts import is_error, list_lessons
from harness.catalog.likelihood import chance_of, order_by_likelihood
from harness.catalog.load import Catalog
from harness.catalog.ranking import Ranker, list_words
from harness.catalog.scenario import Scenario
from harness.catalog.words import read_phrases, read_synonyms, read_words

# How much a word counts by where it stands: id, symptom, errors, summary, users' phrases, the rest.
WEIGHTS = (3.0, 4.0, 4.0, 3.0, 6.0, 0.6)
PHRASES = 4  # the place of users' phrases in WEIGHTS
# A lesson fits if it is strong by itself and beside the best subject that no lesson is about:
# (1 + score) ** POWER * ratio >= LEAST. Fitted to four fresh sets, each asked with the phrases that
# there were when the set was new.
POWER, LEAST = 0.7, 11.1
TYPICAL = 8.0  # the score of a subject, where subjects are left out
NEAR = 1.15  # a subject is named up to this ratio of a lesson's score to its own
LOOKS_ALIKE = 0.85  # what the score of a look-alike counts: seldom is nothing wrong
# What `search` is made of, each measured by leaving it out: python -m tests.search.evaluate
PARTS = frozenset(
    {"errors", "phrases", "synonyms", "pairs", "other subjects", "strength", "likelihood"}
)
# What the score of a lesson counts by how common its mistake is.
CHANCES = {"many": 1.1, "some": 1.0, "rare": 0.9}
# Words that name a symptom alone: then the likeliest of the lessons that show it come first.
BARE_SYMPTOMS: dict[str, frozenset[str]] = {
    "zeros": frozenset(["zero", "zeros", "zeroes", "0", "0.0"]),
    "constant": frozenset(["same", "constant", "identical"]),
    "nan": frozenset(["nan", "nans"]),
}


@dataclass(frozen=True)
class Answer:
    """The lessons, the best first. `fits`: the first one answers the question, not only nearest.

    `subject` names what the question seems to be about where that is nothing of ours, else "".
    `symptom` is the verdict that the question names without saying anything else, or "".
    """

    lessons: list[Scenario]
    fits: bool
    subject: str = ""
    symptom: str = ""


class Searcher:
    """The lessons of a catalog, made ready to be asked. `parts` leaves out what is not in it."""

    def __init__(self, catalog: Catalog, parts: frozenset[str] = PARTS) -> None:
        self.catalog, self.parts = catalog, parts
        phrases, others = read_phrases("phrases"), read_phrases("other_subjects")
        texts = [describe_words(each, phrases.get(each.id, [])) for each in catalog.scenarios]
        texts += [(name, "", "", "", "; ".join(some), "") for name, some in others.items()]
        weights = [
            0.0 if place == PHRASES and "phrases" not in parts else weight
            for place, weight in enumerate(WEIGHTS)
        ]
        groups = read_synonyms() if "synonyms" in parts else []
        self.subjects = list(others)
        self.ranker = Ranker(texts, weights, groups, "pairs" in parts)

    def answer(self, question: str) -> Answer:
        """Return the lessons for a question: a symptom, an error message, a story."""
        if not list_words(question):
            return Answer([], False)
        catalog, parts = self.catalog, self.parts
        ranked = self.ranker.rank(question)
        scores = dict(zip((each.id for each in catalog.scenarios), ranked, strict=False))
        told = list_lessons(catalog, question) if "errors" in parts else []
        found = [each for each in catalog.scenarios if scores[each.id] or each.id in told]
        lessons = sorted(found, key=lambda each: -scores[each.id] * weigh_chance(each, parts))
        if told:
            lessons.sort(key=lambda each: told.index(each.id) if each.id in told else len(told))
            return Answer(lessons, True)
        symptom = name_symptom(question) if "likelihood" in parts else ""
        shown = [each for each in catalog.scenarios if symptom in each.verdicts("broken")]
        if shown:
            return Answer(order_by_likelihood(shown, symptom), True, symptom=symptom)
        if not lessons or ("errors" in parts and is_error(question)):
            return Answer(lessons, False)  # an error that none of our lessons shows
        subject, other = self.find_subject(ranked)
        best = scores[lessons[0].id]
        if is_strong(best, other) if "strength" in parts else best > other:
            return Answer(lessons, True)
        return Answer(lessons, False, subject if other * NEAR > best else "")

    def find_subject(self, ranked: list[float]) -> tuple[str, float]:
        """Return the best of the subjects that no lesson is about, and its score."""
        if "other subjects" not in self.parts:
            return "", TYPICAL
        others = zip(self.subjects, ranked[len(self.catalog.scenarios) :], strict=True)
        return max(others, key=lambda pair: pair[1])


def answer(catalog: Catalog, question: str) -> Answer:
    """Return the lessons of a catalog for a question."""
    return Searcher(catalog).answer(question)


def is_strong(best: float, other: float) -> bool:
    """Say whether the best lesson's score is enough, beside that of the best other subject."""
    return bool((1 + best) ** POWER * (best + 0.5) / (other + 0.5) >= LEAST)


def weigh_chance(scenario: Scenario, parts: frozenset[str]) -> float:
    """Return what a lesson's score counts before any word is read."""
    if "likelihood" not in parts:
        return 1.0
    return CHANCES[chance_of(scenario).likelihood] * (LOOKS_ALIKE if scenario.is_look_alike else 1)


def name_symptom(question: str) -> str:
    """Return the verdict that a question names without saying anything else, or ""."""
    said = set(list_words(question.replace("0.0", "0"))) - read_words("symptom_free")
    return next((name for name, words in BARE_SYMPTOMS.items() if said and said <= words), "")


def describe_words(scenario: Scenario, phrases: list[str]) -> tuple[str, ...]:
    """Return the texts that are searched, in the order of WEIGHTS."""
    rest = " ".join([scenario.section("Cause"), scenario.section("Fix"), *scenario.layers])
    return (
        scenario.id,
        scenario.section("Symptom"),
        " ".join(scenario.messages()),
        scenario.summary,
        "; ".join(phrases),
        rest,
    )
