"""`check`: does a scenario meet every demand? The same check that every scenario passes."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.catalog.scenario import Scenario
from harness.cli.options import (
    DEFAULT_REPORTS,
    LegacyKerasOption,
    PythonOption,
    ReportsOption,
    ScenariosOption,
    open_catalog,
    resolve_interpreter,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.terminal import fit_message, table_width
from harness.cli.waiting import show_progress
from harness.errors import CHANGED, count, printable
from harness.processes.variables import Environment
from harness.program import command_line

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
    from harness.catalog.index import INDEX_NAME, is_index_stale
    from harness.catalog.quality import find_silent_errors, find_template_texts
    from harness.cli.carry_out import carry_out
    from harness.execution.request import RunRequest
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
            command=["check", scenario.id],
            note_side_effects=True,
        )
        run = start_run(store, request)
        twice.append(make_result_file(carry_out(store, run, request, catalog)).outcomes)
        predicted.append(store.load_predictions(run))
    faults = find_template_texts(scenario) + find_silent_errors(scenario)
    faults += find_faults(twice[0], twice[1], (predicted[0], predicted[1]))
    ran = [each for each in twice[0] if each.verdict != "skip"]
    if ran and not faults:
        environment = Environment(resolve_interpreter(python), legacy_keras)
        faults += check_exercise(scenario, environment) + check_cases(scenario, environment)
    printer.record({"scenario": scenario.id, "run": run, "ran": bool(ran), "faults": faults})
    printer.prose(describe_costs(twice[1]))
    where = " --legacy-keras" if legacy_keras else ""
    where += f" --python {shlex.quote(python)}" if python != sys.executable else ""
    for fault in faults:
        printer.text(fit_message(printable(f"FAULT  {fault}"), table_width()))
    if faults:
        said = command_line(f"show {run} --output {scenario.id}")
        printer.tip(f"To see what the steps printed and raised: {said}")
        printer.tip(f"Correct {scenario.file}.")
        printer.tip(f"Next: {command_line(f'check {scenario.id}{where}')}")
        raise typer.Exit(CHANGED)
    if not ran:
        skipped = twice[0][0].error
        why = skipped.message if skipped else ""
        printer.prose(f"{scenario.id} cannot run in this environment: {why}.")
        printer.tip(f"Next: {command_line(suggest_fitting(scenario, legacy_keras))}")
        return
    printer.prose(
        f"{scenario.id}: {count(len(ran), 'path')} as declared, with equal numbers in both runs."
    )
    if is_index_stale(catalog):
        where_listed = catalog.root / INDEX_NAME
        printer.tip(f"{where_listed} is out of date; to write it anew: {command_line('index')}")
    printer.tip(f"Next: {command_line(f'run {scenario.id} --seeds 20{where}')}")


def check_exercise(scenario: Scenario, environment: Environment) -> list[str]:
    """Return what is wrong with the exercise of the course that is cut from a scenario, if any."""
    from harness.course.checking import open_checker
    from harness.course.gate import find_failures, find_problems, list_exercises

    for exercise in list_exercises(scenario):
        if problems := find_problems(exercise, scenario):
            return problems
        with show_progress(f"checking the exercise {exercise.id}"), open_checker(environment) as it:
            return find_failures(exercise, scenario, it)
    return []


def check_cases(scenario: Scenario, environment: Environment) -> list[str]:
    """Return what is wrong with the cases of `learn find` that are cut from a scenario."""
    from harness.catalog.load import read_catalog
    from harness.course.case_gate import find_case_failures, find_case_problems
    from harness.course.cases import list_cases
    from harness.course.models import make_worker
    from harness.files import temporary_folder

    catalog, cases = read_catalog(), list_cases(scenario)
    problems = [said for case in cases for said in find_case_problems(case, catalog)]
    if problems or not cases:
        return problems
    with show_progress(f"making {count(len(cases), 'case')}"), temporary_folder() as work:
        worker = make_worker(environment, work)
        try:
            failures = [find_case_failures(each, catalog, worker, work / each.id) for each in cases]
        finally:
            worker.close()
    return [said for each in failures for said in each]


def suggest_fitting(scenario: Scenario, legacy_keras: bool) -> str:
    """Return the command that runs a scenario where it applies, for one that does not run here.

    With Keras 2 beside this TensorFlow, or in the newest release that is declared, with the extra
    packages that the scenario needs.
    """
    from harness.catalog.expectations import applies
    from harness.environments.releases import NEWEST, RELEASES, WITH

    keras_2 = scenario.keras.startswith("<3")
    if keras_2 and not legacy_keras and not scenario.extras:
        return f"check {scenario.id} --legacy-keras"
    names = [name for name in RELEASES if name[0].isdigit() and applies(scenario.tensorflow, name)]
    if keras_2:
        names = [name for name in names if not applies(">=2.16", name)]
    named = WITH.join([names[-1] if names else NEWEST, *scenario.extras])
    return f"run {scenario.id} --tf {shlex.quote(named)}"


def describe_costs(outcomes: "list[Outcome]") -> str:
    """Return the CPU milliseconds of every step, without the start of its process."""
    costs: dict[str, float | None] = {}
    for outcome in outcomes:
        if outcome.cpu_ms is not None:
            costs.setdefault("save", outcome.cpu_ms.save)
            costs[outcome.path] = outcome.cpu_ms.restore
    shown = [f"{step} {spent:.0f}" for step, spent in costs.items() if spent is not None]
    return f"CPU milliseconds: {', '.join(shown) or 'nothing ran'}."
