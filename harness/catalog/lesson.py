"""A scenario as a lesson: its text, its broken code and cures whole, and how the two differ."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from harness.catalog.likelihood import chance_of
from harness.catalog.prose import CODE_INDENT, FULL_WIDTH, fit, hang
from harness.catalog.scenario import SECTIONS, Scenario
from harness.catalog.snippet import cut_snippet, find_needed, read_statements

LADDER_INDENT = 3  # columns before the text of a rung


@dataclass(frozen=True)
class Block:
    """Some lines of a text; `language` is "python", "diff", or "" for prose."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Lesson:
    """The lesson of a scenario, as it is shown.

    `broken` and `cures` hold code by path, each complete with its imports and helpers; in a
    look-alike `broken` holds the healthy paths. `broken_code` is all of `broken` without
    repetition. Code of a broken path includes its save step; code of a cure does only if the cure
    needs another save step.
    """

    id: str
    family: str
    minutes: int
    summary: str
    sections: dict[str, str]
    is_look_alike: bool
    broken: dict[str, str]
    broken_code: str
    cures: dict[str, str]
    diffs: dict[str, str]  # by fixed path
    hints: list[str]
    file: Path

    def as_record(self) -> dict[str, object]:
        """Return the JSON object of `explain --json` for a lesson."""
        return {
            "id": self.id,
            "summary": self.summary,
            "sections": self.sections,
            "broken": self.broken,
            "cures": self.cures,
            "diffs": self.diffs,
            "hints": self.hints,
        }

    def as_riddle(self, hints: int) -> dict[str, object]:
        """Return the JSON object of `explain --hint N --json`: what does not tell the answer."""
        return {
            "id": self.id,
            "sections": {"Symptom": self.sections["Symptom"]},
            "broken": self.broken,
            "hints": self.hints[:hints],
        }

    def blocks(self, width: int = FULL_WIDTH) -> list[Block]:
        """Return the whole lesson as text, its prose in lines of at most `width`."""
        return [
            self.title(),
            Block("\n".join([*hang(self.summary, width, "", ""), ""])),
            *self.section("Symptom", width),
            Block("Hints (--hint 1 shows the first one, without the answer):"),
            Block(self.number_hints(len(self.hints), width)),
            *(block for name in SECTIONS[1:] for block in self.section(name, width)),
            *self.show_broken(),
            *(
                block
                for path, code in self.cures.items()
                for block in show_code(f"The cure {shorten_path(path)}", code)
            ),
            *(
                block
                for path, diff in self.diffs.items()
                for block in show_code(f"How {shorten_path(path)} differs", diff, "diff")
            ),
            Block(f"\nThe whole file: {self.file}"),
        ]

    def riddle(self, hints: int, width: int = FULL_WIDTH) -> list[Block]:
        """Return what to think about: the symptom, the broken code, and the first hints."""
        return [
            self.title(),
            *self.section("Symptom", width),
            *self.show_broken(),
            Block("\nHints:" if hints > 1 else "\nHint:"),
            Block(self.number_hints(hints, width)),
        ]

    def title(self) -> Block:
        """Return the first line, with a blank line below."""
        return Block(f"{self.id}  ({self.family}, {self.minutes} minutes)\n")

    def section(self, name: str, width: int) -> list[Block]:
        """Return a section of the docstring under its name, as indented in the file."""
        lines = self.sections[name].split("\n")
        text = "\n".join(f"    {line}" if line.strip() else line for line in lines)
        return [Block(f"{name}:"), *split_code(fit(text, width))]

    def number_hints(self, count: int, width: int) -> str:
        """Return the first `count` hints, a number before each."""
        numbered = enumerate(self.hints[:count], 1)
        lines = [line for n, hint in numbered for line in hang(hint, width, f"    {n}. ", " " * 7)]
        return "\n".join(lines)

    def show_broken(self) -> list[Block]:
        """Return all of the broken code, or of a look-alike's code, under its title."""
        title = "The code that only looks broken" if self.is_look_alike else "The broken code"
        return show_code(title, self.broken_code)


def read_lesson(scenario: Scenario) -> Lesson:
    """Return the lesson of a scenario."""
    paths = scenario.paths("broken") or scenario.paths("healthy")
    broken = {path: [scenario.save_for(path), path] for path in paths}
    return Lesson(
        id=scenario.id,
        family=scenario.family,
        minutes=scenario.minutes,
        summary=scenario.summary,
        sections={title: scenario.section(title) for title in SECTIONS},
        is_look_alike=scenario.is_look_alike,
        broken={path: cut_snippet(scenario.source, names) for path, names in broken.items()},
        broken_code=cut_snippet(scenario.source, [each for one in broken.values() for each in one]),
        cures={path: cut_cure(scenario, path) for path in scenario.paths("fixed")},
        diffs={path: diff_paths(scenario, path) for path in scenario.paths("fixed")},
        hints=scenario.hints,
        file=scenario.file,
    )


def cut_cure(scenario: Scenario, fixed: str) -> str:
    """Return the code of a fixed path, with its save step if that is not the broken path's."""
    save = scenario.save_for(fixed)
    same = save == scenario.save_for(find_counterpart(scenario, fixed))
    return cut_snippet(scenario.source, [fixed] if same else [save, fixed])


def write_ladder(
    rungs: list[Scenario], see: dict[str, str], width: int, why: Mapping[str, str] | None = None
) -> list[Block]:
    """Return what to check, in order: one quick check per scenario, and its command in `see`.

    `why`: a sentence on some scenarios that stands before their checks.
    """
    indent = " " * LADDER_INDENT
    blocks = []
    for number, scenario in enumerate(rungs, 1):
        summary = hang(scenario.summary, width, f"{number}. ", indent)
        lines = scenario.section("Spot it").split("\n")
        check = "\n".join(indent + line if line.strip() else line for line in lines)
        code_indent = LADDER_INDENT + CODE_INDENT - 4  # a section has lost 4 columns
        said = [f"{chance_of(scenario)}.".capitalize(), (why or {}).get(scenario.id, "")]
        chance = hang(" ".join(filter(None, said)), width, indent, indent)
        blocks += [Block("\n".join([*summary, *chance]))]
        blocks += split_code(fit(check, width, code_indent), code_indent)
        blocks += [Block(f"{indent}See it: {see[scenario.id]}\n")]
    return blocks


def show_code(title: str, code: str, language: str = "python") -> list[Block]:
    """Return code under a title, with a blank line above it and below it."""
    return [Block(f"\n--- {title} ---\n"), Block(code, language)]


def shorten_path(path: str) -> str:
    """Return the name of a fixed path as `Fix` and tables have it."""
    return path.removeprefix("restore_fixed_").removeprefix("restore_")


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
    return find_needed(read_statements(scenario.source), names) & scenario.definitions.keys()


def diff_sources(before: str, after: str) -> str:
    """Return a unified diff of two sources, without file headers."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))
