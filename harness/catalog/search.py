"""Find scenarios by the words of a symptom, and write the table of all scenarios."""

import re
import sqlite3
from itertools import pairwise

from harness.catalog.load import Catalog
from harness.catalog.scenario import FAMILIES, Scenario
from harness.formats.known import class_names, read_list

# Errors that hold a name of the user's: the words before it, as the lesson's Symptom has them.
GENERAL_ERRORS = (
    ("Could not locate class", "missing-custom-objects"),
    ("Cannot deserialize object of type", "missing-custom-objects"),
    ("Unknown layer", "missing-custom-objects"),
)
SHORTEST_MESSAGE = 8  # characters of an error that tell one lesson from another
MOST_WORDS = 200  # of a pasted error message
# How much a word counts by where it stands: id, symptom, error messages, summary, the rest.
WEIGHTS = (4.0, 8.0, 8.0, 4.0, 1.0)
FILLERS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by for from has have i in is it its me my not of on or so that"
        " the then this to was when which with you your",
    )
)
MARK = "<!-- Written by: python -m harness index. Do not edit. -->"
INDEX_NAME = "README.md"
UNKNOWN_LAYER = re.compile(r"unknown layer:?\s*['\"`]?(?:\w+>)?(\w+)", re.IGNORECASE)
CUSTOM_CLASS = "missing-custom-objects"  # the lesson about layers that the reader does not know
LOOK_ALIKE = "fine, only looks broken"  # what tables say of it in place of a verdict
FAMILY_TITLES = {
    "preprocessing": "what stood between the data and the model was lost",
    "restore": "layers, activations, weights and checkpoints that do not come back",
    "version": "files of another TensorFlow or Keras release",
}


def rank_scenarios(catalog: Catalog, words: str) -> list[Scenario]:
    """Return the scenarios that hold any of `words`, the best first (BM25 of SQLite's FTS5).

    Words are stemmed, so that "predictions" finds "predicts". Rare words count for more.
    Neighbouring words count for more too: "same class" is worth more than the two words apart.
    """
    terms = list_terms(words)
    if not terms:
        return []
    database = sqlite3.connect(":memory:")
    try:
        database.execute(
            "CREATE VIRTUAL TABLE lessons USING fts5"
            "(id, symptom, messages, summary, rest, tokenize = 'porter unicode61')"
        )
        database.executemany(
            "INSERT INTO lessons (rowid, id, symptom, messages, summary, rest)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(number, *describe_words(each)) for number, each in enumerate(catalog.scenarios)],
        )
        query = " OR ".join(f'"{term}"' for term in terms)
        found = database.execute(
            f"SELECT rowid FROM lessons WHERE lessons MATCH ?"
            f" ORDER BY bm25(lessons, {', '.join(map(str, WEIGHTS))}), rowid",
            (query,),
        ).fetchall()
    finally:
        database.close()
    ranked = [catalog.scenarios[number] for (number,) in found]
    if names_custom_layer(catalog, words):
        ranked.sort(key=lambda each: each.id != CUSTOM_CLASS)  # stable: the rest keeps its order
    return ranked


def names_custom_layer(catalog: Catalog, words: str) -> bool:
    """Say whether `words` hold "Unknown layer: X" with an X of neither Keras nor a scenario."""
    layer = UNKNOWN_LAYER.search(words)
    if layer is None or layer[1] in class_names() | read_list("reserved"):
        return False
    name = re.compile(rf"\b{layer[1]}\b", re.IGNORECASE)
    return not any(name.search(text) for each in catalog.scenarios for text in describe_words(each))


def find_lesson(catalog: Catalog, error: str) -> Scenario | None:
    """Return the scenario that declares the words of an error; the longest words count.

    Of two scenarios of the same words the one of family version counts: a file was restored. Case
    and blanks do not count, since messages are shown on one line.
    """
    said = squeeze(error)
    found = [
        (len(words), each.family == "version", each.id, each)
        for each in catalog.scenarios
        for words in map(squeeze, each.messages())
        if len(words) >= SHORTEST_MESSAGE and words in said
    ]
    if found:
        return max(found, key=lambda one: one[:3])[3]
    general = [name for words, name in GENERAL_ERRORS if squeeze(words) in said]
    return next((each for each in catalog.scenarios if each.id in general), None)


def squeeze(message: str) -> str:
    """Return a message in small letters, without what only lays it out."""
    return " ".join(message.lower().split())


def list_terms(words: str) -> list[str]:
    """Return the terms to search for: every significant word, and every pair of neighbours."""
    found = re.findall(r"\w+", words.lower())[-MOST_WORDS:]  # a traceback ends with its message
    pairs = [f"{one} {other}" for one, other in pairwise(found) if {one, other} - FILLERS]
    return list(dict.fromkeys([word for word in found if word not in FILLERS] + pairs))


def describe_words(scenario: Scenario) -> tuple[str, str, str, str, str]:
    """Return the texts that are searched, in the order of WEIGHTS."""
    rest = " ".join([scenario.section("Cause"), scenario.section("Fix"), *scenario.layers])
    return (
        scenario.id.replace("-", " "),
        scenario.section("Symptom"),
        " ".join(scenario.messages()),
        scenario.summary,
        rest,
    )


def name_verdicts(scenario: Scenario) -> str:
    """Return what the broken paths show; LOOK_ALIKE for a look-alike."""
    if scenario.is_look_alike:
        return LOOK_ALIKE
    return ", ".join(each for each in scenario.verdicts("broken") if each != "skip")


def spell_releases(scenario: Scenario) -> str:
    """Return the TensorFlow releases of a scenario, and the Keras releases if declared."""
    keras = f", Keras {scenario.keras}" if scenario.keras else ""
    return scenario.tensorflow + keras


def is_index_stale(catalog: Catalog) -> bool:
    """Say whether a folder has a table of its scenarios, and the table is not what they are."""
    file = catalog.root / INDEX_NAME
    try:
        there = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return MARK in there and there != write_index(catalog)


def write_index(catalog: Catalog) -> str:
    """Return `scenarios/README.md`: one row per scenario, by family."""
    count = len(catalog.scenarios)
    alike = sum(scenario.is_look_alike for scenario in catalog.scenarios)
    lines = [
        "# The scenarios",
        "",
        f"{count} files, each one failure and its cure; {alike} of them only look like a failure.",
        "*Shows* is the verdict of the broken paths, *releases* the TensorFlow that can show it.",
        'To find yours: `python -m harness search "words of the symptom or the error"`.',
        "",
        MARK,
    ]
    for family in FAMILIES:
        lines += ["", f"## {family}: {FAMILY_TITLES[family]}", ""]
        lines += ["| id | what goes wrong | shows | releases | minutes |", "|---|---|---|---|---|"]
        for each in catalog.scenarios:
            if each.family == family:
                link = f"[{each.id}]({family}/{each.file.name})"
                summary = each.summary.replace("|", "\\|")
                shows, releases = name_verdicts(each), spell_releases(each)
                lines.append(f"| {link} | {summary} | {shows} | {releases} | {each.minutes} |")
    return "\n".join(lines) + "\n"
