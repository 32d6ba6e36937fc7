"""`explain`: a scenario as a lesson, or the ladder of things to check for a symptom."""

import difflib
import json
import re
from pathlib import Path
from typing import Annotated

import typer

from harness.catalog.expectations import VERDICTS
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.options import ScenariosOption, open_catalog, suggest
from harness.errors import UsageError, advise
from harness.program import command_line


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
            "give a scenario's id or --symptom" + ("" if symptom is None else ", not both"),
            "",
            command_line("explain --symptom zeros"),
        )
    catalog = open_catalog(scenarios)
    if identifier is not None:
        scenario = catalog.find(identifier)
        typer.echo(
            json.dumps(as_lesson(scenario), indent=2)
            if as_json
            else write_lesson(scenario, catalog.root)
        )
        return
    symptoms = [verdict for verdict in VERDICTS if verdict not in ("match", "skip")]
    if symptom not in symptoms:
        raise UsageError(f"unknown symptom: {symptom}", *advise(str(symptom), symptoms))
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
        "sections": {
            title: scenario.section(title)
            for title in ("Symptom", "Cause", "Fix", "Spot it", "Evidence")
        },
        "diffs": {path: diff_paths(scenario, path) for path in scenario.paths("fixed")},
        "hints": scenario.declared["hints"],
    }


def write_lesson(scenario: Scenario, root: Path) -> str:
    """Return docstring and diffs as text."""
    parts = [f"{scenario.id}  ({scenario.family}, {scenario.declared['minutes']} minutes)", ""]
    parts += [scenario.docstring, ""]
    for path in scenario.paths("fixed"):
        parts += [f"--- how {path} differs ---", diff_paths(scenario, path), ""]
    following = suggest(f"run {scenario.id}", scenarios=root)
    parts += ["Hints, if you want to find it yourself first:"]
    parts += [f"  {number}. {hint}" for number, hint in enumerate(scenario.declared["hints"], 1)]
    parts += ["", f"The whole file: {scenario.file}", f"Next: {following}"]
    return "\n".join(parts)


def diff_paths(scenario: Scenario, fixed: str) -> str:
    """Return what the fixed path runs and the broken one does not, and the other way round.

    Definitions that both run are left out; the two paths' own steps are compared line by line.
    """
    broken = find_counterpart(scenario, fixed)
    before = collect_definitions(scenario, [scenario.save_for(broken), broken])
    after = collect_definitions(scenario, [scenario.save_for(fixed), fixed])
    twins = {scenario.save_for(broken): scenario.save_for(fixed), broken: fixed}
    blocks = []
    for name, source in scenario.definitions.items():
        if name in before and name not in after:
            blocks.append(diff_sources(source, scenario.definitions.get(twins.get(name, ""), "")))
        elif name in after and name not in before:
            replaced = any(twins.get(old) == name and old not in after for old in before)
            blocks += [] if replaced else [diff_sources("", source)]
    return "\n".join(blocks)


def find_counterpart(scenario: Scenario, fixed: str) -> str:
    """Return the broken path that `fixed` builds on, or else the first one declared."""
    broken = scenario.paths("broken")
    words = set(re.findall(r"\w+", scenario.definitions[fixed]))
    return next((path for path in broken if path in words), broken[0])


def collect_definitions(scenario: Scenario, names: list[str]) -> set[str]:
    """Return the functions and classes of the file that `names` lead to, themselves included."""
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


def write_ladder(symptom: str, rungs: list[Scenario], catalog: Catalog) -> str:
    """Return what to check for a symptom: what goes into the model first, its file last."""
    if not rungs:
        found = {verdict for each in catalog.scenarios for verdict in each.verdicts("broken")}
        known = ", ".join(sorted(found - {"match", "skip"}))
        following = suggest("list", scenarios=catalog.root)
        return f"No scenario shows {symptom!r} yet; there are some for: {known}.\nNext: {following}"
    parts = [f"Your restored model shows {symptom!r}. Check, in this order:", ""]
    for number, scenario in enumerate(rungs, 1):
        check = scenario.section("Spot it").replace("\n", "\n   ")
        parts += [f"{number}. {scenario.summary}", f"   {check}"]
        see = suggest(f"explain {scenario.id}", scenarios=catalog.root)
        parts += [f"   See it: {see}", ""]
    ids = " ".join(scenario.id for scenario in rungs)
    parts.append(f"Next: {suggest(f'run {ids}', scenarios=catalog.root)}")
    return "\n".join(parts)
