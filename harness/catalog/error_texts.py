"""From an error's text to the lessons that explain it. An error decides before words do."""

import re

from harness.catalog.load import Catalog
from harness.catalog.raised import match_raised
from harness.catalog.scenario import Scenario
from harness.catalog.words import read_errors
from harness.formats.known import class_names, read_list

CUSTOM_CLASS = "missing-custom-objects"  # the lesson about layers that the reader does not know
# Errors that hold a name of the user's: the words before it, as the lesson's Symptom has them.
GENERAL_ERRORS = (
    ("Could not locate class", CUSTOM_CLASS),
    ("Cannot deserialize object of type", CUSTOM_CLASS),
    ("Unknown layer", CUSTOM_CLASS),
)
SHORTEST_MESSAGE = 8  # characters of an error that tell one lesson from another
UNKNOWN_LAYER = re.compile(r"unknown layer:?\s*['\"`]?(?:\w+>)?(\w+)", re.IGNORECASE)
RAISED = re.compile(
    r"\b[A-Za-z]\w*(?:Error|Exception)\b *:|\b[A-Z]\w*[a-z]Error\b|\bTraceback\b"
    r"|\b[A-Z]+(?:_[A-Z]+){2,}\b|\bfailed due to\b"
    r"|\bunexpected keyword argument|\b[Uu]nrecognized keyword|\bhas no attribute '"
    r"|\bnot understood:|\b[Uu]nknown \w+: "
)


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


def list_lessons(catalog: Catalog, words: str) -> list[str]:
    """Return the ids of the lessons whose error stands in `words`, the likeliest first."""
    if names_custom_layer(catalog, words):
        return [CUSTOM_CLASS]
    said = squeeze(words)
    found = [key for key, text in read_errors() if re.search(text, said, re.IGNORECASE)]
    declared = [
        (len(message), each.id)
        for each in catalog.scenarios
        for message in map(squeeze, each.messages())
        if len(message) >= SHORTEST_MESSAGE and " " in message and message in said
    ]
    found += [identifier for _, identifier in sorted(declared, reverse=True)]
    found += match_raised(words)
    known = {each.id for each in catalog.scenarios}
    return [each for each in dict.fromkeys(found) if each in known]


def is_error(words: str) -> bool:
    """Say whether `words` hold the text of an error, as Python or CUDA prints it."""
    return RAISED.search(words) is not None


def names_custom_layer(catalog: Catalog, words: str) -> bool:
    """Say whether `words` hold "Unknown layer: X" with an X of neither Keras nor a scenario."""
    layer = UNKNOWN_LAYER.search(words)
    if layer is None or layer[1] in class_names() | read_list("reserved"):
        return False
    name = re.compile(rf"\b{layer[1]}\b", re.IGNORECASE)
    return not any(name.search(text) for each in catalog.scenarios for text in each.messages())


def squeeze(message: str) -> str:
    """Return a message in small letters, without what only lays it out."""
    return " ".join(message.lower().split())
