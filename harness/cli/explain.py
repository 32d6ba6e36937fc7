"""`explain`: a scenario as a lesson, or the ladder of things to check for a symptom."""

import difflib
import json
from typing import Annotated

import typer

from harness.catalog import Catalog, Scenario
from harness.cli.options import ScenariosOption, open_catalog
from harness.errors import UsageError
from harness.expectations import VERDICTS


def explain(
    identifier: Annotated[str | None, typer.Argument(metavar="ID", help="A scenario.")] = None,
    symptom: Annotated[
        str | None, typer.Option(help="What you see: zeros, constant, differs, nan, error, ...")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    scenarios: ScenariosOption = None,
) -> None:
    """Explain a scenario: the lesson, and how the broken and the fixed code differ."""
    if (identifier is None) == (symptom is None):
        raise UsageError(
            "give a scenario's id or --symptom", "", "python -m harness explain --symptom zeros"
        )
    catalog = open_catalog(scenarios)
    if identifier is not None:
        scenario = catalog.find(identifier)
        typer.echo(json.dumps(as_lesson(scenario), indent=2) if as_json else write_lesson(scenario))
        return
    if symptom not in VERDICTS:
        raise UsageError(f"unknown symptom: {symptom}", f"known: {', '.join(VERDICTS)}")
    rungs = [each for each in catalog.scenarios if symptom in each.verdicts("broken")]
    if as_json:
        typer.echo(json.dumps([as_lesson(scenario) for scenario in rungs], indent=2))
    else:
        typer.echo(write_ladder(symptom, rungs, catalog))


def as_lesson(scenario: Scenario) -> dict[str, object]:
    """Return the lesson's parts, JSON-ready."""
    return {
        "id": scenario.id,
        "summary": scenario.summary,
        "sections": {title: scenario.section(title) for title in
                     ("Symptom", "Cause", "Fix", "Spot it", "Evidence")},
        "diffs": {path: diff_paths(scenario, path) for path in scenario.paths("fixed")},
        "hints": scenario.declared["hints"],
    }  # fmt: skip


def write_lesson(scenario: Scenario) -> str:
    """Return docstring and diffs as text."""
    parts = [f"{scenario.id}  ({scenario.family}, {scenario.declared['minutes']} minutes)", ""]
    parts += [scenario.docstring, ""]
    for path in scenario.paths("fixed"):
        parts += [f"--- how {path} differs ---", diff_paths(scenario, path), ""]
    parts += [f"The whole file: {scenario.file}", f"Next: python -m harness run {scenario.id}"]
    return "\n".join(parts)


def diff_paths(scenario: Scenario, fixed: str) -> str:
    """Return the diff from the nearest broken path to `fixed`, with the save step where it acts."""
    broken = max(
        scenario.paths("broken"),
        key=lambda path: likeness(scenario.functions[path], scenario.functions[fixed]),
    )
    pairs = [(broken, fixed)]
    if scenario.save_for(broken) != scenario.save_for(fixed):
        pairs.insert(0, (scenario.save_for(broken), scenario.save_for(fixed)))
    changed = [diff_functions(scenario, before, after) for before, after in pairs]
    return "\n".join(text for text in changed if text)


def likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def diff_functions(scenario: Scenario, before: str, after: str) -> str:
    """Return a unified diff of two functions' sources, without file headers."""
    old, new = (scenario.functions[name].splitlines() for name in (before, after))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def write_ladder(symptom: str, rungs: list[Scenario], catalog: Catalog) -> str:
    """Return what to check for a symptom, the quickest check first."""
    if not rungs:
        known = sorted(
            {verdict for each in catalog.scenarios for verdict in each.verdicts("broken")}
        )
        return f"No scenario shows {symptom!r} yet; there are some for: {', '.join(known)}."
    parts = [f"Your restored model shows {symptom!r}. Check, in this order:", ""]
    for number, scenario in enumerate(rungs, 1):
        check = scenario.section("Spot it").replace("\n", "\n   ")
        parts += [f"{number}. {scenario.summary}", f"   {check}"]
        parts += [f"   See it: python -m harness explain {scenario.id}", ""]
    parts.append(f"Next: python -m harness run {' '.join(scenario.id for scenario in rungs)}")
    return "\n".join(parts)
