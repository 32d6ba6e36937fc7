"""`explain`: a scenario as a lesson, one hint at a time, or the ladder of checks for a symptom."""

from typing import Annotated

import typer

from harness.catalog.lesson import read_lesson, write_ladder
from harness.catalog.likelihood import order_by_likelihood
from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.highlight import print_blocks
from harness.cli.options import ScenariosOption, open_catalog
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import prose_width
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
    hint: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Only the symptom, the code and hints 1 to N; not the answer."
        ),
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
    if symptom is not None and hint is not None:
        raise UsageError(
            "--hint belongs to one scenario, so it cannot be used with --symptom",
            "",
            command_line("explain dead-relu-head --hint 1"),
        )
    printer = Printer(json_file)
    catalog = open_catalog(scenarios)
    if identifier is None:
        explain_symptom(str(symptom), catalog, printer)
    elif hint is None:
        explain_scenario(catalog.find(identifier), printer)
    else:
        give_hints(catalog.find(identifier), hint, printer)


def explain_scenario(scenario: Scenario, printer: Printer) -> None:
    """Print the whole lesson."""
    lesson = read_lesson(scenario)
    printer.record(lesson.as_record())
    if printer.shows_text:
        print_blocks(lesson.blocks(prose_width()))
    printer.tip(f"Next: {command_line(f'run {lesson.id}')}")


def give_hints(scenario: Scenario, number: int, printer: Printer) -> None:
    """Print what does not tell the answer: the symptom, the broken code, and the first hints."""
    lesson = read_lesson(scenario)
    last = len(lesson.hints)
    if not 1 <= number <= last:
        raise UsageError(
            f"{lesson.id} has the hints 1 to {last}",
            f"given: --hint {number}",
            command_line(f"explain {lesson.id} --hint {last if number > last else 1}"),
        )
    printer.record(lesson.as_riddle(number))
    if printer.shows_text:
        print_blocks(lesson.riddle(number, prose_width()))
    following = f"explain {lesson.id}" + (f" --hint {number + 1}" if number < last else "")
    printer.tip(f"\nNext: {command_line(following)}")


def explain_symptom(symptom: str, catalog: Catalog, printer: Printer) -> None:
    """Print what to check for a symptom; raises UsageError for a word that is no symptom."""
    symptoms = [verdict for verdict in VERDICTS if verdict not in ("match", "skip")]
    if symptom not in symptoms:
        raise UsageError(f"unknown symptom: {symptom}", *advise(str(symptom), symptoms))
    shown = [each for each in catalog.scenarios if symptom in each.verdicts("broken")]
    rungs = order_by_likelihood(shown, symptom)
    if printer.json_file is not None:
        printer.record([read_lesson(scenario).as_record() for scenario in rungs])
    if rungs:
        show_ladder(symptom, rungs, printer)
    else:
        found = {verdict for each in catalog.scenarios for verdict in each.verdicts("broken")}
        known = ", ".join(sorted(found - {"match", "skip"}))
        printer.text(f"No scenario shows {symptom!r} yet.\nSymptoms with scenarios: {known}.")
        printer.tip(f"Next: {command_line('list')}")


def show_ladder(symptom: str, rungs: list[Scenario], printer: Printer) -> None:
    """Print what to check for a symptom: the likeliest first, of these the cheapest check."""
    see = {each.id: command_line(f"explain {each.id}") for each in rungs}
    printer.text(f"Your restored model shows {symptom!r}. Check, in this order:\n")
    if printer.shows_text:
        print_blocks(write_ladder(rungs, see, prose_width()))
    printer.tip(f"Next: {see[rungs[0].id]}")
