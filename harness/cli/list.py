"""`list`: list the scenarios, without running or importing any scenario."""

from typing import Annotated

import typer

from harness.catalog.likelihood import chance_of, order_by_likelihood
from harness.catalog.scenario import FAMILIES, Scenario
from harness.cli.options import (
    FormatOption,
    ScenariosOption,
    open_catalog,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import choose_layout
from harness.errors import USAGE, UsageError, advise, count
from harness.program import command_line
from harness.verdicts.names import VERDICTS


def list_scenarios(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="Words to look for.")
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"{', '.join(FAMILIES[:-1])} or {FAMILIES[-1]}."),
    ] = None,
    verdict: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The verdict of broken paths: zeros, error, ..."),
    ] = None,
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="A Keras layer that scenarios use: LSTM, ...")
    ] = None,
    look_alikes: Annotated[
        bool, typer.Option("--look-alikes", help="Only sound models that look broken.")
    ] = False,
    json_file: JsonOption = None,
    style: FormatOption = "simple",
    scenarios: ScenariosOption = None,
) -> None:
    """List scenarios: the id, what the broken paths show, and what goes wrong."""
    for name, value, known in (("family", family, FAMILIES), ("verdict", verdict, VERDICTS)):
        if value is not None and value not in known:
            raise UsageError(f"unknown {name}: {value}", *advise(value, known))
    printer = Printer(json_file)
    catalog = open_catalog(scenarios)
    if layer is not None:
        used = sorted({name for each in catalog.scenarios for name in each.layers})
        named = {name.lower(): name for name in used}
        if layer.lower() not in named:
            raise UsageError(f"no scenario uses the layer {layer}", *advise(layer, used))
        layer = named[layer.lower()]
    chosen = [
        each
        for each in catalog.scenarios
        if fits(each, words or [], family, verdict)
        and (layer is None or layer in each.layers)
        and (each.is_look_alike or not look_alikes)
    ]
    if verdict is not None:  # whoever asks for a symptom wants the likeliest cause first
        chosen = order_by_likelihood(chosen, verdict)
    printer.record([describe_scenario(scenario) for scenario in chosen])
    if not chosen:
        printer.text(f"No scenario matches; {len(catalog.scenarios)} were looked at.")
    elif printer.shows_text:
        from harness.catalog.index import name_verdicts
        from harness.report.layout import draw_table

        rows = [[each.id, each.family, name_verdicts(each), each.summary] for each in chosen]
        headers = ["id", "family", "shows", "what goes wrong"]
        typer.echo(
            draw_table(
                headers,
                rows,
                choose_layout(style),
                verdicts=("shows",),
                spare=("family",),
                whole=("id",),
                limits={"shows": 16, "what goes wrong": 60},
            )
        )
        typer.echo(f"\n{len(chosen)} of {count(len(catalog.scenarios), 'scenario')}.")
    following = f"explain {chosen[0].id}" if chosen else "list"
    printer.tip(f"Next: {command_line(following)}")
    if catalog.problems:
        raise typer.Exit(USAGE)


def fits(scenario: Scenario, words: list[str], family: str | None, verdict: str | None) -> bool:
    """Return whether a scenario passes every filter.

    A word that is a verdict filters by what the broken paths show. Any other word is looked for in
    the whole text, and hyphens match spaces.
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


def describe_scenario(scenario: Scenario) -> dict[str, object]:
    """Return the JSON object of `list --json` for a scenario."""
    chance = chance_of(scenario)
    return {
        "id": scenario.id,
        "family": scenario.family,
        "summary": scenario.summary,
        "broken": scenario.verdicts("broken"),
        "look_alike": scenario.is_look_alike,
        "paths": scenario.paths(),
        "layers": scenario.layers,
        "messages": scenario.messages(),
        "tensorflow": scenario.tensorflow,
        "keras": scenario.keras,
        "extras": scenario.extras,
        "dose": scenario.dose is not None,
        "minutes": scenario.minutes,
        "likelihood": chance.likelihood,
        "threads": chance.threads,
        "check_minutes": chance.check_minutes,
        "file": str(scenario.file),
    }
