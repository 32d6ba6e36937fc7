"""How well `search` answers: `python -m tests.search.evaluate [--misses | --write]`.

Prints the figures of both parts of the questions and of the fresh sets, with 95% intervals.
`--misses` lists the questions of the open part that are answered wrongly; those held apart and
those that no rule has seen are never shown. `--write` measures what each part of `search` adds: the
table of docs/explanation/how-search-answers.md.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.catalog.load import Catalog, read_catalog
from harness.catalog.search import PARTS, Searcher
from harness.verdicts.rates import wilson_interval
from tests.search.questions import SEEN, UNSEEN, Question, read_questions

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "how-search-answers.md"
SETS: dict[str, Callable[[], list[Question]]] = {
    "held apart": lambda: [each for each in read_questions() if each.is_held],
    "unseen": lambda: [each for file in UNSEEN.values() for each in read_questions(file)],
}
Ask = Callable[[str], tuple[list[str], bool]]  # a question: ids, the best first; does one fit?


@dataclass(frozen=True)
class Figures:
    """Counts of right answers. A covered question may be answered right although none "fits"."""

    covered: int
    first: int
    in_three: int
    wrongly_none: int
    uncovered: int
    rightly_none: int

    def __str__(self) -> str:
        return (
            f"right lesson first {share(self.first, self.covered)}, "
            f"in three {share(self.in_three, self.covered)}, "
            f"called unfit {share(self.wrongly_none, self.covered)}; "
            f"uncovered said so {share(self.rightly_none, self.uncovered)}"
        )


def share(part: int, whole: int) -> str:
    low, high = wilson_interval(part, whole)
    return f"{part}/{whole} ({100 * part / whole:.0f} %, {100 * low:.0f} to {100 * high:.0f})"


def measure(ask: Ask, questions: Sequence[Question]) -> Figures:
    counts = [0] * 6
    for each in questions:
        found, fits = ask(each.question)
        if each.right:
            first, three = found[:1], found[:3]
            hits = (True, *(bool(set(each.right) & set(some)) for some in (first, three)), not fits)
            counts[:4] = [sum(pair) for pair in zip(counts[:4], hits, strict=True)]
        else:
            counts[4] += 1
            counts[5] += not fits
    return Figures(*counts)


def ask_catalog(catalog: Catalog, parts: frozenset[str] = PARTS) -> Ask:
    searcher = Searcher(catalog, parts)

    def ask(question: str) -> tuple[list[str], bool]:
        answered = searcher.answer(question)
        return [each.id for each in answered.lessons], answered.fits

    return ask


def write_table(catalog: Catalog) -> str:
    """Return the table: all parts, then each part left out."""
    lines = [
        "| left out | "
        + " | ".join(f"{name}: first | in three | called unfit | none said so" for name in SETS)
        + " |",
        "|---" * (1 + 4 * len(SETS)) + "|",
    ]
    for part in ["", *sorted(PARTS)]:
        lines.append(write_row(catalog, part))
    return "\n".join(lines)


def write_row(catalog: Catalog, part: str) -> str:
    """Return the row of the table for one part left out, "" for none."""
    ask = ask_catalog(catalog, PARTS - {part})
    cells = [part or "nothing"]
    for questions in SETS.values():
        found = measure(ask, questions())
        pairs = [(each, found.covered) for each in (found.first, found.in_three)]
        pairs += [(found.wrongly_none, found.covered), (found.rightly_none, found.uncovered)]
        cells += [f"{100 * part / whole:.0f} %" for part, whole in pairs]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    ask, questions = ask_catalog(read_catalog()), read_questions()
    opened = [each for each in questions if not each.is_held]
    held = [each for each in questions if each.is_held]
    print(f"open:  {measure(ask, opened)}\nheld:  {measure(ask, held)}")
    for name, file in SEEN.items():
        print(f"{name} fresh, seen since: {measure(ask, read_questions(file))}")
    for name, file in UNSEEN.items():
        print(f"{name} fresh, never seen: {measure(ask, read_questions(file))}")
    if "--write" in sys.argv:
        text = PAGE.read_text(encoding="utf-8")
        table = write_table(read_catalog())
        text = re.sub(r"\| left out[\s\S]*?(?=\n\n)", lambda _: table, text)
        PAGE.write_text(text, encoding="utf-8")
    if "--misses" in sys.argv:
        for each in opened:
            found, fits = ask(each.question)
            if each.right and not set(each.right) & set(found[:1]):
                print(f"\n{each.question}\n  right: {each.right}\n  found: {found[:5]} {fits}")
            elif each.right and not fits:
                print(f"\n{each.question}\n  called unfit")
            elif not each.right and fits:
                print(f"\n{each.question}\n  no lesson; found: {found[:2]}")


if __name__ == "__main__":
    main()
