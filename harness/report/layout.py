"""Tables and paragraphs: as wide as they get, or fitted to a terminal and in its colours."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import TextWrapper

from harness.catalog.prose import hang

BETWEEN = 2  # blanks between two columns
NARROWEST = 4  # columns left to a cell where nothing fits
# The terminal's own colours (SGR) by verdict; 2 is dim.
COLOURS = {
    "match": "32",
    "constant": "33",
    "differs": "33",
    "shape": "33",
    "zeros": "31",
    "nan": "31",
    "error": "31",
    "crash": "31",
    "timeout": "31",
    "skip": "2",
}
BOLD = "1"  # what is not as declared
COLOURED = re.compile(rf"\b({'|'.join(COLOURS)})\b|^no\b.*")
NUMBER = re.compile(r"\d+\. ")  # of an item; what goes on stands under its words
CHANGES = re.compile(r"\d+ paths? changed\b|REGRESSED\b")


@dataclass(frozen=True)
class Layout:
    """How results are shown: tabulate's name of the table format, columns at most, and colour.

    Without a `width`, tables are as wide as their cells. With a width the format is "simple": other
    formats are for other programs.
    """

    style: str = "simple"
    width: int | None = None
    colour: bool = False


UNLIMITED = Layout()


# Where a word may be broken: ids, names of paths and versions at their joints, lists at commas.
BREAKS = re.compile(r"(?<=\w[-_/+])(?=[a-zA-Z])|(?<=,)(?=\w)")


class CellWrapper(TextWrapper):
    """Breaks cells between words, and a word that is wider than its column after a hyphen, too."""

    def _split(self, text: str) -> list[str]:
        """Return the pieces that stay whole; TextWrapper asks for them here."""
        chunks = re.split(r"(\s+)", text)
        pieces = [BREAKS.split(each) if len(each) > self.width else [each] for each in chunks]
        return [piece for chunk in pieces for piece in chunk if piece]


@dataclass(frozen=True)
class Column:
    """A column of a table, its heading first; `limit` is its width at most.

    What is `is_whole` is to be copied, and broken only where nothing else helps.
    """

    cells: list[str]
    is_right: bool = False
    is_verdict: bool = False
    is_whole: bool = False
    limit: int | None = None

    def is_empty(self) -> bool:
        """Return whether there are rows, and nothing in any of them."""
        return len(self.cells) > 1 and not any(self.cells[1:])

    def natural_width(self) -> int:
        """Return the width at which no cell is broken, or the limit."""
        widest = max(len(line) for cell in self.cells for line in cell.split("\n"))
        return min(widest, self.limit or widest)

    def floors(self) -> tuple[int, int, int, int, int]:
        """Return how narrow the column may get, at first and where that does not help.

        First nothing is broken that is to be copied; then no word and no figure; then none of a
        heading, and no figure; then no figure; then whatever is needed.
        """
        natural = self.natural_width()
        words = (word for cell in self.cells for word in cell.split())
        pieces = (piece for word in words for piece in BREAKS.split(word))
        least = min(max(map(len, pieces), default=0), natural)
        narrowest = min(NARROWEST, natural)
        heading = min(max([narrowest, *map(len, self.cells[0].split())]), natural)
        figures = least if self.is_right else narrowest
        return natural if self.is_whole else least, least, max(heading, figures), figures, narrowest

    def wrap(self, width: int) -> list[list[str]]:
        """Return the lines of every cell."""
        wrapper = CellWrapper(width)
        return [
            [part for line in cell.split("\n") for part in wrapper.wrap(line) or [""]]
            for cell in self.cells
        ]


def draw_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    layout: Layout = UNLIMITED,
    *,
    right: Collection[str] = (),
    verdicts: Collection[str] = (),
    spare: Collection[str] = (),
    expendable: Collection[str] = (),
    whole: Collection[str] = (),
    limits: Mapping[str, int] | None = None,
) -> str:
    """Return a table; all arguments after `layout` hold headings.

    Figures in columns of `right` stand below each other. Where the table is wider than its layout,
    the columns of `spare` are left out, which the last line says, and then cells are wrapped, in
    the columns of `whole` last. The columns of `expendable` are left out rather than that words
    are broken. The columns of `limits` are never wider than that in text.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    limits = limits or {}
    if layout.width is None:
        from tabulate import tabulate  # takes longer to import than `diagnose` to draw a table

        return tabulate(
            cells,
            headers,
            tablefmt=layout.style,
            disable_numparse=True,
            colalign=["right" if header in right else "left" for header in headers],
            maxcolwidths=[limits.get(header) for header in headers]
            if limits and layout.style == "simple"
            else None,
        )
    columns = [
        Column(
            [header, *(row[place] for row in cells)],
            header in right,
            header in verdicts,
            header in whole,
            limits.get(header),
        )
        for place, header in enumerate(headers)
    ]
    kept = leave_out(columns, spare, expendable, layout.width)
    drawn = draw_columns(kept, shrink(kept, layout.width), layout.colour)
    missed = [each for each in columns if each not in kept and not each.is_empty()]
    if not missed:
        return drawn
    names, shown = ", ".join(each.cells[0] for each in missed), "it" if len(missed) == 1 else "them"
    said = f"Left out: {names}. A wider terminal or --format plain shows {shown}."
    return drawn + "\n\n" + fill_lines(said, layout.width)


def leave_out(
    columns: list[Column], spare: Collection[str], expendable: Collection[str], width: int
) -> list[Column]:
    """Return the columns that a table of a `width` has room for; empty ones go with `spare`."""
    kept = columns
    if measure([each.natural_width() for each in kept]) > width:
        kept = [each for each in kept if each.cells[0] not in spare and not each.is_empty()]
    if measure([each.floors()[0] for each in kept]) > width:
        kept = [each for each in kept if each.cells[0] not in expendable]
    return kept


def measure(widths: Sequence[int]) -> int:
    """Return the width of a table with columns of these widths."""
    return sum(widths) + BETWEEN * (len(widths) - 1)


def shrink(columns: list[Column], width: int) -> list[int]:
    """Return a width for every column, so that the table fits and is not higher than need be.

    Words and figures stay whole as long as the table can be fitted without breaking any.
    """
    widths = [each.natural_width() for each in columns]
    rows = {tuple(map(len, row)) for row in zip(*(each.cells[1:] for each in columns), strict=True)}
    for floors in zip(*(each.floors() for each in columns), strict=True):
        while measure(widths) > width:
            narrower = [place for place, floor in enumerate(floors) if widths[place] > floor]
            if not narrower:
                break
            lines = {place: count_lines(rows, widths, place) for place in narrower}
            chosen = min(narrower, key=lambda place: (lines[place], -widths[place]))
            widths[chosen] -= 1
    return widths


def count_lines(rows: set[tuple[int, ...]], widths: list[int], narrowed: int) -> int:
    """Return about how many lines the rows take if one column is a little narrower."""
    tried = [width - (place == narrowed) for place, width in enumerate(widths)]
    return sum(
        max(-(-cell // width) for cell, width in zip(row, tried, strict=True)) for row in rows
    )


def draw_columns(columns: list[Column], widths: list[int], colour: bool) -> str:
    """Return the table as tabulate's "simple" has it, with cells of several lines."""
    wrapped = [column.wrap(width) for column, width in zip(columns, widths, strict=True)]
    widths = [max(len(line) for cell in cells for line in cell) for cells in wrapped]
    lines = []
    for number, row in enumerate(zip(*wrapped, strict=True)):
        for line in zip_longest(*row, fillvalue=""):
            shown = [
                paint(words, colour and column.is_verdict and number > 0, width, column.is_right)
                for words, column, width in zip(line, columns, widths, strict=True)
            ]
            lines.append((" " * BETWEEN).join(shown).rstrip())
        if number == 0:
            lines.append((" " * BETWEEN).join("-" * width for width in widths))
    return "\n".join(lines)


def paint(words: str, colour: bool, width: int, right: bool) -> str:
    """Return a line of a cell filled up to `width`, its verdicts in colour."""
    blanks = " " * (width - len(words))
    if colour:
        words = COLOURED.sub(lambda found: tint(found[0], COLOURS.get(found[0], BOLD)), words)
    return blanks + words if right else words + blanks


def tint(words: str, code: str) -> str:
    """Return words in one of the terminal's colours."""
    return f"\x1b[{code}m{words}\x1b[0m"


def write_prose(text: str, layout: Layout) -> str:
    """Return sentences fitted to the layout, with what changed in bold."""
    filled = fill_lines(text, layout.width)
    return CHANGES.sub(lambda found: tint(found[0], BOLD), filled) if layout.colour else filled


def fill_lines(text: str, width: int | None) -> str:
    """Return prose with lines of at most `width`; items and indented lines go on indented more."""
    if width is None:
        return text
    filled = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip(" ")))
        if numbered := NUMBER.match(line):
            deeper = " " * len(numbered[0])
        else:
            deeper = indent + "  " * (bool(indent) or line.startswith("- "))
        filled += hang(line.strip(), width, indent, deeper) or [""]
    return "\n".join(filled)
