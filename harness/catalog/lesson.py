"""A scenario as a lesson: its sections, and how the broken and the fixed code differ."""

import difflib
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from harness.catalog.scenario import Scenario

SECTIONS = ("Symptom", "Cause", "Fix", "Spot it", "Evidence")
CODE_INDENT = 8  # columns; what a docstring indents this far is Python


@dataclass(frozen=True)
class Block:
    """Some lines of a text; `language` is "python", "diff", or "" for prose."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Lesson:
    """The lesson of a scenario, as it is shown."""

    id: str
    family: str
    minutes: int
    summary: str
    docstring: str
    sections: dict[str, str]
    diffs: dict[str, str]  # by fixed path
    hints: list[str]
    file: Path

    def as_record(self) -> dict[str, object]:
        """Return the JSON object of `explain --json` for a lesson."""
        return {
            "id": self.id,
            "summary": self.summary,
            "sections": self.sections,
            "diffs": self.diffs,
            "hints": self.hints,
        }

    def blocks(self) -> list[Block]:
        """Return the whole lesson as text."""
        blocks = [Block(f"{self.id}  ({self.family}, {self.minutes} minutes)\n")]
        blocks += [*split_code(self.docstring), Block("")]
        for path, diff in self.diffs.items():
            blocks += [Block(f"--- how {path} differs ---"), Block(diff, "diff"), Block("")]
        hints = [f"  {number}. {hint}" for number, hint in enumerate(self.hints, 1)]
        blocks += [
            Block("\n".join(["Hints, if you want to find it yourself first:", *hints])),
            Block(f"\nThe whole file: {self.file}"),
        ]
        return blocks


def read_lesson(scenario: Scenario) -> Lesson:
    """Return the lesson of a scenario."""
    return Lesson(
        scenario.id,
        scenario.family,
        scenario.minutes,
        scenario.summary,
        scenario.docstring,
        {title: scenario.section(title) for title in SECTIONS},
        {path: diff_paths(scenario, path) for path in scenario.paths("fixed")},
        scenario.hints,
        scenario.file,
    )


def write_ladder(rungs: list[Scenario], see: dict[str, str]) -> list[Block]:
    """Return what to check, in order: one quick check per scenario, and its command in `see`."""
    blocks = []
    for number, scenario in enumerate(rungs, 1):
        check = scenario.section("Spot it").replace("\n", "\n   ")
        blocks += [Block(f"{number}. {scenario.summary}"), *split_code(f"   {check}", indent=7)]
        blocks += [Block(f"   See it: {see[scenario.id]}\n")]
    return blocks


def split_code(text: str, indent: int = CODE_INDENT) -> list[Block]:
    """Return a text in blocks of prose and of indented Python; joined by lines it is the text."""
    grouped = groupby(text.split("\n"), lambda line: line.startswith(" " * indent))
    return [Block("\n".join(lines), "python" if code else "") for code, lines in grouped]


def diff_paths(scenario: Scenario, fixed: str) -> str:
    """Return how the code of the fixed path differs from the code of the broken path.

    Definitions that both run are left out; the two paths' own steps are compared line by line.
    """
    broken = find_counterpart(scenario, fixed)
    before = collect_definitions(scenario, [scenario.save_for(broken), broken])
    after = collect_definitions(scenario, [scenario.save_for(fixed), fixed])
    replaced = {scenario.save_for(broken): scenario.save_for(fixed), broken: fixed}
    gone = {old for old in before if old not in after}
    blocks = []
    for name, source in scenario.definitions.items():
        if name in gone:
            blocks.append(
                diff_sources(source, scenario.definitions.get(replaced.get(name, ""), ""))
            )
        elif name in after - before and not any(replaced.get(old) == name for old in gone):
            blocks.append(diff_sources("", source))
    return "\n".join(blocks)


def find_counterpart(scenario: Scenario, fixed: str) -> str:
    """Return the broken path that `fixed` builds on, or else the first declared broken path.

    In a look-alike nothing is broken, so a healthy path is returned.
    """
    broken = scenario.paths("broken") or scenario.paths("healthy")
    words = set(re.findall(r"\w+", scenario.definitions[fixed]))
    return next((path for path in broken if path in words), broken[0])


def collect_definitions(scenario: Scenario, names: list[str]) -> set[str]:
    """Return the functions and classes that `names` use in the file, and `names` themselves."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in scenario.definitions and name not in found:
            found.add(name)
            waiting += re.findall(r"\w+", scenario.definitions[name])
    return found


def diff_sources(before: str, after: str) -> str:
    """Return a unified diff of two sources, without file headers."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))
