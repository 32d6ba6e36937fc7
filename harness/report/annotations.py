"""GitHub annotations: workflow commands that mark a line of a scenario in a pull request.

Format and escapes: docs.github.com, "Workflow commands for GitHub Actions"; the escapes as in
github.com/actions/toolkit, packages/core/src/command.ts. GitHub shows ten of a level per step, so
one cause makes one annotation.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from harness.catalog.load import Catalog
from harness.errors import count
from harness.report.difference import HEADINGS
from harness.results.compare import Kind, PathDifference, RunComparison
from harness.verdicts.messages import normalise, shorten

LEVELS: dict[Kind, str] = {
    "regressed": "error",
    "verdict": "warning",
    "error": "warning",
    "predictions": "warning",
}


def annotate(comparisons: list[RunComparison], catalog: Catalog) -> Iterator[str]:
    """Yield a workflow command per cause, regressions first."""
    for kind, level in LEVELS.items():
        for comparison in comparisons:
            for group in comparison.group(kind):
                heading = HEADINGS[kind].format(a=comparison.a.label, b=comparison.b.label)
                yield write_command(level, heading, group, catalog)


def write_command(level: str, title: str, group: list[PathDifference], catalog: Catalog) -> str:
    """Return the command for paths that changed for one reason, at the first path's function."""
    first = group[0]
    place = find_line(first, catalog)
    properties = {"file": place[0], "line": str(place[1])} if place else {}
    properties["title"] = normalise(f"{title}: {count(len(group), 'path')}")
    named = ", ".join(f"{each.scenario} {each.path}" for each in group)
    message = f"{shorten(first.reason)}\n{normalise(named)}"
    told = ",".join(f"{key}={escape_property(value)}" for key, value in properties.items())
    return f"::{level} {told}::{escape_data(message)}"


def find_line(difference: PathDifference, catalog: Catalog) -> tuple[str, int] | None:
    """Return file, relative to the working folder, and line of a path's function, if known."""
    for scenario in catalog.scenarios:
        if scenario.id == difference.scenario:
            lines = scenario.source.split("\n")
            wanted = f"def {difference.path}("
            found = [number for number, line in enumerate(lines, 1) if line.startswith(wanted)]
            file = Path(os.path.relpath(scenario.file.resolve()))
            return file.as_posix(), (found or [1])[0]
    return None


def escape_data(text: str) -> str:
    """Escape characters that would end a workflow command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape characters that would end a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
