"""`list`: the scenarios, without running or importing any of them."""

import json
from typing import Annotated

import typer

from harness.cli.options import (
    FormatOption,
    ScenariosOption,
    advise,
    check_format,
    open_catalog,
    suggest,
)
from harness.errors import USAGE, UsageError
from harness.expectations import VERDICTS
from harness.scenario import FAMILIES, Scenario


def list_scenarios(
    words: Annotated[list[str] | None, typer.Argument(help="Words to look for.")] = None,
    family: Annotated[str | None, typer.Option(help=", ".join(FAMILIES))] = None,
    verdict: Annotated[
        str | None, typer.Option(help="What the broken paths show: zeros, error, ...")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    style: FormatOption = "simple",
    scenarios: ScenariosOption = None,
) -> None:
    """List scenarios: id, what the broken paths show, what goes wrong."""
    for name, value, known in (("family", family, FAMILIES), ("verdict", verdict, VERDICTS)):
        if value is not None and value not in known:
            raise UsageError(f"unknown {name}: {value}", *advise(value, known))
    catalog = open_catalog(scenarios)
    chosen = [each for each in catalog.scenarios if fits(each, words or [], family, verdict)]
    if as_json:
        typer.echo(json.dumps([describe(scenario) for scenario in chosen], indent=2))
    else:
        from tabulate import tabulate

        rows = [
            [each.id, each.family, ", ".join(each.verdicts("broken")), each.summary]
            for each in chosen
        ]
        headers = ["id", "family", "broken", "what goes wrong"]
        typer.echo(
            tabulate(rows, headers, tablefmt=check_format(style), maxcolwidths=[None, None, 16, 60])
        )
        typer.echo(f"\n{len(chosen)} of {len(catalog.scenarios)} scenarios.")
        if not chosen:
            typer.echo(f"Next: {suggest('list', scenarios=scenarios)}")
        else:
            typer.echo(f"Next: {suggest(f'explain {chosen[0].id}', scenarios=scenarios)}")
    if catalog.problems:
        raise typer.Exit(USAGE)


def fits(scenario: Scenario, words: list[str], family: str | None, verdict: str | None) -> bool:
    """Say whether a scenario passes every filter.

    A word that names a verdict means what the broken paths show; any other is looked for in the
    whole text, hyphens as good as spaces.
    """
    text = f"{scenario.id} {scenario.family} {scenario.docstring}".lower().replace("-", " ")
    shown = scenario.verdicts("broken")
    return (
        all(
            word in shown if word in VERDICTS else word.lower().replace("-", " ") in text
            for word in words
        )
        and family in (None, scenario.family)
        and (verdict is None or verdict in scenario.verdicts("broken"))
    )


def describe(scenario: Scenario) -> dict[str, object]:
    """Return what `list --json` says of a scenario."""
    return {
        "id": scenario.id, "family": scenario.family, "summary": scenario.summary,
        "broken": scenario.verdicts("broken"), "paths": scenario.paths(),
        "tensorflow": scenario.declared["tensorflow"], "minutes": scenario.declared["minutes"],
        "file": str(scenario.file),
    }  # fmt: skip
