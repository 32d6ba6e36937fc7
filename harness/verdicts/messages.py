"""Error messages without what differs from run to run: do two say the same, and what do they say?

Each of these was seen to differ between two runs of one release: folders of a step, object ids
(`shared_object_id` in Keras's config dumps), the order in which TensorFlow prints a set, the last
digits of printed predictions.
"""

import re
from collections import Counter

LONGEST = 20_000  # characters looked at: Keras prints whole configs
# What is replaced, in this order.
PASSING = (
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),  # Keras prints some sentences in bold
    # What neither a terminal nor XML 1.0 (section 2.2, Char) should be given.
    (re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"), "\ufffd"),
    (re.compile(r"(?<![\w.])/(?:[^\s/'\"()\[\]{},;:<>]+/)+"), ".../"),  # a file's name is kept
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "ADDRESS"),
    (re.compile(r"-?\b\d+\.\d{4,}(?:e[+-]?\d+)?\b"), "NUMBER"),  # printed predictions: rounding
    (re.compile(r"\b\d{9,}\b"), "ID"),
    (re.compile(r"\b(at|line|lines) \d+\b"), r"\1 N"),
    (re.compile(r"(\.(?:py|cc|h)):\d+\b"), r"\1:N"),
    (re.compile(r"\b\d+(?:\.\d+)?(?:e-?\d+)? ?(ns|us|µs|ms|s|seconds|minutes)\b"), r"T \1"),
)
WRAPPING = re.compile(
    r"<class '[^']*'> could not be deserialized properly\..*Exception encountered: "
)
DUMP = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`")


def normalise(message: str) -> str:
    """Return a message without what PASSING replaces, on one line."""
    text = message[:LONGEST]
    for pattern, replacement in PASSING:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def read_alike(one: str, other: str) -> bool:
    """Say whether two messages have the same words and marks, in whatever order."""
    return split_words(one) == split_words(other)


def split_words(message: str) -> Counter[str]:
    """Return the words and marks of a normalised message."""
    return Counter(re.findall(r"\w+|[^\w\s]", normalise(message)))


def find_other_words(one: str, other: str) -> tuple[list[str], list[str]]:
    """Return the words that only one of two messages has, each once, in their order."""
    words = [re.findall(r"\w+", normalise(each)) for each in (one, other)]
    left, right = (
        [word for word in dict.fromkeys(mine) if word not in set(theirs)]
        for mine, theirs in (words, words[::-1])
    )
    return left, right


def drop_dumps(message: str) -> str:
    """Return a normalised message whose printed dicts and lists are cut to `…`.

    Of what Keras wraps into "could not be deserialized properly ... Exception encountered: ..."
    (keras/src/saving/serialization_lib.py) the exception itself is kept.
    """
    text = WRAPPING.sub("", normalise(message))
    for _ in range(30):  # as deep as a config goes
        text, changed = DUMP.subn("…", text)
        if not changed:
            break
    return text


def find_cause(message: str) -> str:
    """Return what messages of one cause share: names in quotes and numbers are left out."""
    return re.sub(r"\d+", "N", QUOTED.sub("'…'", drop_dumps(message)))


def shorten(message: str, longest: int = 200) -> str:
    """Return beginning and end of a message on one line: Keras tells the reason at the end."""
    text = drop_dumps(message)
    half = (longest - 5) // 2
    return text if len(text) <= longest else f"{text[:half]} ... {text[-half:]}"
