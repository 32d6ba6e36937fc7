"""Writes docs/reference/error-messages.md: from an error to its lesson, its cure, its releases.

    python docs/reference/write_error_messages.py [DATABASE]

With a database of runs, such as reports/restorebench.sqlite, the index behind the page
(harness/catalog/words/raised.jsonl) is first made anew from its outcomes.
"""

import json
import re
import sqlite3
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from harness.catalog.load import Catalog, read_catalog
from harness.catalog.raised import Raised, read_raised
from harness.catalog.words import FOLDER

PAGE = Path(__file__).with_name("error-messages.md")
# Characters: of a message's beginning; before and after the words that the scenario declares.
FIRST, BEFORE, AFTER = 110, 65, 65
# What differs each time: colours, folders, addresses, places in code, lists of objects.
VARYING = (
    (r"\x1b\[[\d;]*m", ""),
    (r"(?<![\w/])/(?:[\w.+-]+/)+", "…/"),
    (r"\s*\[\[[\s\S]*", ""),
    (r"(Graph execution error:)[\s\S]*?(?=indices\[)", r"\1… "),
    (r"(matched objects|Python program): \[<[\s\S]*", r"\1: […"),
    (r"0x[0-9a-f]+", "0x…"),
    (r"array\([^)]*\)", "array(…)"),
)
HEAD = """# Error messages

Every error that a scenario raised in TensorFlow 1.15 to 2.21, its lesson, its cure and the releases
that raised it. `python -m harness search "the error"` finds the lesson; paste the whole error. "…"
stands for what differs each time. Each release read what it had saved itself, or committed files of
an older release; other pairs of releases were not measured for this page. "+legacy" is tf_keras.

<!-- Written by: python docs/reference/write_error_messages.py. Do not edit. -->
"""


def main() -> None:
    if sys.argv[1:]:
        lines = [json.dumps(each, ensure_ascii=False) for each in collect(Path(sys.argv[1]))]
        (FOLDER / "raised.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    PAGE.write_text(write_page(read_catalog(), read_raised()), encoding="utf-8")


def collect(database: Path) -> list[dict[str, object]]:
    """Return the errors of all outcomes of broken paths, each text of a lesson once."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT scenario, reader, record FROM outcomes WHERE verdict = 'error'"
        )
        for scenario, reader, record in rows:
            outcome = json.loads(record)
            if outcome["side"] == "broken" and outcome["error"]:
                text = shorten(outcome["error"]["message"], outcome["raises"] or "")
                found[scenario, outcome["error"]["type"], text].add(name_release(reader))
    return [
        {"lesson": lesson, "error": error, "text": text, "releases": sort_releases(releases)}
        for (lesson, error, text), releases in sorted(found.items())
    ]


def shorten(message: str, declared: str) -> str:
    """Return a message's beginning and the words that the scenario declares, on one line."""
    for pattern, instead in VARYING:
        message = re.sub(pattern, instead, message)
    message = " ".join(message.split())
    at = max(message.find(declared), 0)
    if at < FIRST:
        whole = message[: max(FIRST, at + len(declared)) + AFTER]
        return whole + ("…" if len(whole) < len(message) else "")
    begun = [message.rfind(sign, at - BEFORE, at) + len(sign) for sign in (". ", "encountered: ")]
    starts = [each for each in begun if each > at - BEFORE]
    start = max(starts, default=message.find(" ", at - BEFORE) + 1)
    return f"{message[:FIRST]}… {message[start : at + len(declared) + AFTER]}…"


def name_release(environment: str) -> str:
    """Return "2.16" for "tensorflow-2.16.1+keras-3.0.5"; "2.16+legacy" with tf_keras."""
    found = re.match(r"tensorflow-(\d+\.\d+)", environment)
    assert found
    return found[1] + ("+legacy" if "tf_keras" in environment else "")


def sort_releases(releases: set[str]) -> list[str]:
    def number(release: str) -> tuple[int, int, str]:
        major, minor = release.split("+")[0].split(".")
        return int(major), int(minor), release

    return sorted(releases, key=lambda each: ("+" in each, number(each)))


def spell(releases: list[str], measured: list[str]) -> str:
    """Return releases with "2.16 to 2.21" for those that follow one another in `measured`."""
    runs: list[list[str]] = []
    for each in releases:
        follows = runs and measured.index(each) == measured.index(runs[-1][-1]) + 1
        if follows:
            runs[-1].append(each)
        else:
            runs.append([each])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def write_page(catalog: Catalog, raised: list[Raised]) -> str:
    """Return the page: a section for each class of errors, a row for each text."""
    lessons = {each.id: each for each in catalog.scenarios}
    measured = sort_releases({release for each in raised for release in each.releases})
    lines = [HEAD]
    for error in sorted({each.error for each in raised}):
        lines += [f"## {error}", "", "| text | lesson | cure | raised in |", "|---|---|---|---|"]
        for each in sorted(raised, key=lambda one: (one.text.lower(), one.lesson)):
            if each.error == error:
                lesson = lessons[each.lesson]
                link = f"[{lesson.id}](../../scenarios/{lesson.family}/{lesson.file.name})"
                cure = first_sentence(lesson.section("Fix"))
                cells = [f"`{each.text.replace('`', chr(39))}`", link, cure]
                row = " | ".join(cell.replace("|", "\\|") for cell in cells)
                lines.append(f"| {row} | {spell(each.releases, measured)} |")
        lines.append("")
    return "\n".join(lines)


def first_sentence(text: str) -> str:
    """Return the first sentence of a section that names a path before it, or not."""
    flat = " ".join(text.split())
    found = re.match(r"(?:\w+: )?(.+?[.!])(?=\s[A-Z]|\s\w+: |$)", flat)
    return found[1] if found else flat


if __name__ == "__main__":
    main()
