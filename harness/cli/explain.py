"""`explain`: a scenario as a lesson, or the ladder of things to check for a symptom."""

from typing import Annotated

import typer

from harness.catalog.lesson import read_lesson, write_ladder
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.highlight import print_blocks
from harness.cli.options import ScenariosOption, open_catalog, suggest
from harness.cli.printer import JsonOption, Printer
from harness.errors import UsageError, advise
from harness.program import command_line
from harness.verdicts.names import VERDICTS


def explain(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The id of a scenario.")
    ] = None,
    symptom: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The symptom: zeros, constant, differs, nan, error."),
    ] = None,
    json_file: JsonOption = None,
    scenarios: ScenariosOption = None,
) -> None:
    """Explain a scenario; or with --symptom, list what to check and in which order."""
    if (identifier is None) == (symptom is None):
        raise UsageError(
            "give a scenario's id or --symptom" + ("" if symptom is None else ", not both"),
            "",
            command_line("explain --symptom zeros"),
        )
    printer = Printer(json_file)
    catalog = open_catalog(scenarios)
    if identifier is not None:
        lesson = read_lesson(catalog.find(identifier))
        printer.record(lesson.as_record())
        if printer.shows_text:
            print_blocks(lesson.blocks())
        printer.tip(f"Next: {suggest(f'run {lesson.id}', scenarios=catalog.root)}")
        return
    symptoms = [verdict for verdict in VERDICTS if verdict not in ("match", "skip")]
    if symptom not in symptoms:
        raise UsageError(f"unknown symptom: {symptom}", *advise(str(symptom), symptoms))
    rungs = [each for each in catalog.scenarios if symptom in each.verdicts("broken")]
    printer.record([read_lesson(scenario).as_record() for scenario in rungs])
    if rungs:
        show_ladder(symptom, rungs, catalog, printer)
    else:
        found = {verdict for each in catalog.scenarios for verdict in each.verdicts("broken")}
        known = ", ".join(sorted(found - {"match", "skip"}))
        printer.text(f"No scenario shows {symptom!r} yet. Symptoms with scenarios: {known}.")
        printer.tip(f"Next: {suggest('list', scenarios=catalog.root)}")


def show_ladder(symptom: str, rungs: list[Scenario], catalog: Catalog, printer: Printer) -> None:
    """Print what to check for a symptom: the model's inputs first, the model's file last."""
    see = {each.id: suggest(f"explain {each.id}", scenarios=catalog.root) for each in rungs}
    printer.text(f"Your restored model shows {symptom!r}. Check, in this order:\n")
    if printer.shows_text:
        print_blocks(write_ladder(rungs, see))
    following = f"run {' '.join(see)}"
    printer.tip(f"Next: {suggest(following, scenarios=catalog.root)}")
