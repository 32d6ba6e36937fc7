"""What people write: tables beside the catalog that `search` reads.

Lines that begin with # say what a table holds. A table is read when it is first asked for.
"""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def read_phrases(name: str) -> dict[str, list[str]]:
    """Return a table of `key: phrase; phrase` lines, "phrases" or "other_subjects"."""
    pairs = (line.split(": ", 1) for line in read_lines(name))
    return {key: [each.strip() for each in phrases.split(";")] for key, phrases in pairs}


@cache
def read_synonyms() -> list[list[str]]:
    """Return the groups of words for one thing."""
    return [[each.strip() for each in line.split(",")] for line in read_lines("synonyms")]


@cache
def read_errors() -> list[tuple[str, str]]:
    """Return pairs of a lesson's id and a regular expression, the first that matches counts."""
    return [(key, words) for key, words in (line.split(": ", 1) for line in read_lines("errors"))]


@cache
def read_words(name: str) -> frozenset[str]:
    """Return a table of bare words, "fillers" or "symptom_free"."""
    return frozenset(" ".join(read_lines(name)).split())


def read_lines(name: str) -> list[str]:
    """Return the lines of a table, without comments and empty lines."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
