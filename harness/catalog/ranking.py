"""How well texts of several fields fit a question: BM25 over fields, with SQLite's stemmer.

Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (2004): the
counts of a word in the fields of a text are added by the fields' weights before they saturate.
"""

import math
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from harness.catalog.words import read_words

SATURATION = 1.2  # BM25's k1: how soon a word that comes again stops counting
LENGTH = 0.5  # BM25's b: how much a long field is held against a text; 0: not at all
PAIR = 0.5  # what two neighbouring words count more than the words apart
SYNONYM = 0.1  # what another word for the same thing counts
MOST_WORDS = 200  # of a question: a traceback ends with its message
Term = tuple[str, ...]  # one stem, or two that stand side by side


class Ranker:
    """Texts of several fields, made ready to be asked.

    `weights` has a number for each field of a text; `groups` holds words for one thing; `pairs`
    says whether neighbouring words count more.
    """

    def __init__(
        self,
        texts: Sequence[Sequence[str]],
        weights: Sequence[float],
        groups: Sequence[Sequence[str]] = (),
        pairs: bool = True,
    ) -> None:
        fields = [[list_words(field) for field in text] for text in texts]
        phrases = [[list_words(phrase) for phrase in group] for group in groups]
        stems = stem_words({word for some in (*fields, *phrases) for each in some for word in each})
        length = max(1.0, sum(len(each) for text in fields for each in text) / max(1, len(fields)))
        self.counts = [
            count_terms([[stems[word] for word in each] for each in text], weights, length)
            for text in fields
        ]
        self.holders = Counter(term for each in self.counts for term in each)
        self.groups = [[[stems[word] for word in each] for each in group] for group in phrases]
        self.pairs = pairs

    def rank(self, question: str) -> list[float]:
        """Return the score of each text for the question, in the order of the texts."""
        words = list_words(question)[-MOST_WORDS:]
        stems = stem_words(set(words))
        asked = [stems[word] for word in words]
        wanted = weigh_terms(asked, self.groups, self.pairs)
        rarity = {
            term: math.log(1 + len(self.counts) / (1 + self.holders[term])) for term in wanted
        }
        return [judge(each, wanted, rarity) for each in self.counts]


def list_words(text: str) -> list[str]:
    """Return the words of a text in small letters, without those that say nothing."""
    fillers = read_words("fillers")
    return [word for word in re.findall(r"[^\W_]+", text.lower()) if word not in fillers]


def stem_words(words: Iterable[str]) -> dict[str, str]:
    """Return the stem of each word: "predictions" and "predicts" are one."""
    numbered = list(words)
    stems = {word: word for word in numbered}
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE words USING fts5(word, tokenize = 'porter')")
        database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(words, 'instance')")
        database.executemany("INSERT INTO words (rowid, word) VALUES (?, ?)", enumerate(numbered))
        for stem, number in database.execute("SELECT term, doc FROM stems"):
            stems[numbered[number]] = stem
    finally:
        database.close()
    return stems


def terms_of(stems: Sequence[str]) -> list[Term]:
    """Return every stem, and every pair of neighbours."""
    return [*((each,) for each in stems), *pairwise(stems)]


def count_terms(
    fields: Sequence[Sequence[str]], weights: Sequence[float], length: float
) -> dict[Term, float]:
    """Return how often each term stands in a text, by the weights of its fields."""
    found: dict[Term, float] = defaultdict(float)
    for stems, weight in zip(fields, weights, strict=True):
        share = weight / (1 - LENGTH + LENGTH * len(stems) / length) if weight else 0.0
        for term in terms_of(stems) if weight else ():
            found[term] += share
    return found


def weigh_terms(
    asked: Sequence[str], groups: Sequence[Sequence[Sequence[str]]], pairs: bool
) -> dict[Term, float]:
    """Return what to look for and what it counts: words, words for the same thing, pairs."""
    said = " ".join(["", *asked, ""])
    wanted: dict[Term, float] = {}
    for group in groups:
        if any(phrase and f" {' '.join(phrase)} " in said for phrase in group):
            wanted |= {term: SYNONYM for phrase in group for term in terms_of(phrase)}
    wanted |= {(stem,): 1.0 for stem in asked}
    return wanted | (dict.fromkeys(pairwise(asked), PAIR) if pairs else {})


def judge(counts: dict[Term, float], wanted: dict[Term, float], rarity: dict[Term, float]) -> float:
    """Return the score of one text: 0.0 where it holds nothing that is wanted."""
    return sum(
        weight * rarity[term] * counts[term] / (SATURATION + counts[term])
        for term, weight in wanted.items()
        if term in counts
    )
