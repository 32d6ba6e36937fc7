"""`check`: does a scenario meet every demand? The same check that every scenario passes."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    DEFAULT_REPORTS,
    LegacyKerasOption,
    PythonOption,
    ReportsOption,
    ScenariosOption,
    open_catalog,
    resolve_interpreter,
    suggest,
)
from harness.cli.printer import JsonOption, Printer
from harness.errors import CHANGED

if TYPE_CHECKING:
    from harness.results.outcome import Outcome


def check(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The id of a scenario.")],
    python: PythonOption = sys.executable,
    legacy_keras: LegacyKerasOption = False,
    json_file: JsonOption = None,
    reports: ReportsOption = DEFAULT_REPORTS,
    scenarios: ScenariosOption = None,
) -> None:
    """Check a scenario: its file, its verdicts, and whether a second run gives equal numbers."""
    from harness.api import start_run
    from harness.catalog.quality import find_silent_errors, find_template_texts
    from harness.cli.carry_out import carry_out
    from harness.execution.request import RunRequest
    from harness.report.summary import count
    from harness.results.json_files import make_result_file
    from harness.results.quality_gate import find_faults
    from harness.results.store import Store

    printer = Printer(json_file)
    catalog = open_catalog(scenarios)
    scenario = catalog.find(identifier)
    store = Store(reports)
    twice, predicted = [], []
    for _ in range(2):
        request = RunRequest(
            scenarios=[scenario.id],
            root=str(catalog.root),
            device="cpu",
            timing=False,
            legacy_keras=legacy_keras,
            interpreter=resolve_interpreter(python),
            command=["check", identifier],
            note_side_effects=True,
        )
        run = start_run(store, request)
        twice.append(make_result_file(carry_out(store, run, request, catalog)).outcomes)
        predicted.append(store.load_predictions(run))
    faults = find_template_texts(scenario.source) + find_silent_errors(scenario)
    faults += find_faults(twice[0], twice[1], (predicted[0], predicted[1]))
    ran = [each for each in twice[0] if each.verdict != "skip"]
    printer.record({"scenario": identifier, "run": run, "ran": bool(ran), "faults": faults})
    printer.prose(describe_costs(twice[1]))
    for fault in faults:
        printer.text(f"FAULT  {fault}")
    if faults:
        said = suggest(f"show {run} --output {identifier}", reports)
        printer.tip(f"To see what the steps printed and raised: {said}")
        again = suggest(f"check {identifier}", reports, catalog.root)
        printer.tip(f"Next: correct {scenario.file}, then: {again}")
        raise typer.Exit(CHANGED)
    if not ran:
        skipped = twice[0][0].error
        printer.prose(
            f"{identifier} cannot run in this environment: {skipped.message if skipped else ''}."
        )
        keras_2 = scenario.keras.startswith("<3") and not legacy_keras
        where = "--legacy-keras" if keras_2 else "--python PATH"
        again = suggest(f"check {identifier} {where}", reports, catalog.root)
        printer.tip(f"Next, with an environment that fits: {again}")
        return
    printer.prose(
        f"{identifier}: {count(len(ran), 'path')} as declared, with equal numbers in both runs."
    )
    where = " --legacy-keras" if legacy_keras else ""
    where += f" --python {python}" if python != sys.executable else ""
    printer.tip(f"Next: {suggest(f'run {identifier} --seeds 20{where}', reports, catalog.root)}")


def describe_costs(outcomes: "list[Outcome]") -> str:
    """Return the CPU milliseconds of every step, without the start of its process."""
    costs: dict[str, float | None] = {}
    for outcome in outcomes:
        if outcome.cpu_ms is not None:
            costs.setdefault("save", outcome.cpu_ms.save)
            costs[outcome.path] = outcome.cpu_ms.restore
    shown = [f"{step} {spent:.0f}" for step, spent in costs.items() if spent is not None]
    return f"CPU milliseconds: {', '.join(shown) or 'nothing ran'}."
