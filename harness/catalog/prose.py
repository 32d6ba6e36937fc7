"""Prose fitted to the width of a terminal; code and intended line breaks stay as they are."""

import re
from textwrap import wrap

FULL_WIDTH = 100  # columns of a scenario file: from here on its text is shown as it stands
CODE_INDENT = 8  # columns; what a docstring indents this far is Python
RAGGED = 5  # columns that a line in the middle of a paragraph may leave free
NUMBER = re.compile(r"\d+[.)] ")
ITEM = re.compile(r"(?:[-*]|\d+[.)]) ")
BEGINNING = re.compile(r"[a-z]\w*:(\s|$)|[-*] ")  # of a new line: "saved_statistics: ...", "- ..."


def fit(text: str, width: int, code_indent: int = CODE_INDENT) -> str:
    """Return a scenario's text, its paragraphs filled anew where `width` is too narrow for it.

    Lines that are indented by `code_indent` columns are code, and stay. A line belongs to the
    paragraph above if its first word had no room there.
    """
    if width >= FULL_WIDTH:
        return text
    fitted: list[str] = []
    paragraph: list[str] = []
    for line in text.split("\n"):
        is_prose = bool(line.strip()) and not line.startswith(" " * code_indent)
        if paragraph and not (is_prose and continues(paragraph[-1], line)):
            fitted += fill(paragraph, width)
            paragraph = []
        if is_prose:
            paragraph.append(line)
        else:
            fitted.append(line)
    return "\n".join(fitted + (fill(paragraph, width) if paragraph else []))


def continues(above: str, line: str) -> bool:
    """Return whether a line of prose goes on with the paragraph of the line above."""
    words = line.strip()
    if BEGINNING.match(words) or (NUMBER.match(words) and above.rstrip()[-1] in ".:;"):
        return False
    if count_indent(line) < count_indent(above):
        return False
    return len(above) + 1 + len(words.split()[0]) > FULL_WIDTH - RAGGED


def fill(paragraph: list[str], width: int) -> list[str]:
    """Return a paragraph in lines of at most `width`; words that are longer stay whole."""
    indent = " " * count_indent(paragraph[0])
    words = " ".join(line.strip() for line in paragraph)
    item = ITEM.match(words)
    hanging = indent + " " * len(item.group() if item else "")
    return hang(words, width, indent, hanging)


def hang(words: str, width: int, first: str, others: str) -> list[str]:
    """Return words in lines of at most `width`, each line after its indent."""
    return wrap(
        words,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def count_indent(line: str) -> int:
    """Return the number of blanks that a line begins with."""
    return len(line) - len(line.lstrip(" "))
