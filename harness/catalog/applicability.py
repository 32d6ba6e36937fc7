"""Decide whether a path applies to an environment, and what is declared for it there."""

from harness.catalog.expectations import (
    UNDECLARED,
    Circumstances,
    Expectation,
    applies,
    find_expectation,
)
from harness.catalog.scenario import EXTRAS, Scenario
from harness.processes.facts import EnvironmentFacts


def explain_misfit(scenario: Scenario, facts: EnvironmentFacts) -> str | None:
    """Return why a scenario does not apply to this environment, or None if it applies."""
    if not applies(scenario.tensorflow, facts.tensorflow):
        return f"the scenario is for TensorFlow {scenario.tensorflow}"
    if not applies(scenario.keras, str(facts.keras)):
        return f"the scenario is for Keras {scenario.keras}"
    for extra in scenario.extras:
        if not set(EXTRAS[extra]) <= set(facts.extra_modules):
            return f"the scenario needs {extra}, which is not installed"
    return None


def explain_skip(
    scenario: Scenario,
    path: str,
    writer: EnvironmentFacts | None,
    reader: EnvironmentFacts,
    device: str,
) -> str | None:
    """Return why this path is skipped, or None if the path shall run.

    `writer` is None if committed files are read.
    """
    if writer is not None and scenario.committed_writer not in (None, writer.tensorflow):
        return f"its files were written by TensorFlow {scenario.committed_writer}"
    if writer is not None and scenario.writer_packages:
        return f"its files were written with {', '.join(scenario.writer_packages)}"
    if misfit := explain_misfit(scenario, reader):
        return misfit
    saves_here = writer if scenario.committed_writer is None else None
    if saves_here is not None and (misfit := explain_misfit(scenario, saves_here)):
        return misfit
    declared = find_expectation(
        scenario.rules[path], describe_circumstances(scenario, writer, reader, device)
    )
    return declared.why or "declared" if declared.verdict == "skip" else None


def find_declared(
    scenario: Scenario,
    path: str,
    writer: EnvironmentFacts | None,
    reader: EnvironmentFacts,
    device: str,
    apart: bool,
    dose: float | None = None,
) -> Expectation:
    """Return what is declared for a path here; UNDECLARED if nothing is declared.

    A rule describes one release that saves and restores. If writer and reader are `apart`, only a
    rule that names the writer counts. Only the lesson's own dose is declared.
    """
    where = describe_circumstances(scenario, writer, reader, device)
    declared = find_expectation(scenario.rules[path], where)
    if apart and scenario.committed_writer is None and not declared.names_writer:
        return UNDECLARED
    if dose is not None and scenario.dose and dose != scenario.dose.own:
        return UNDECLARED
    return declared


def describe_circumstances(
    scenario: Scenario, writer: EnvironmentFacts | None, reader: EnvironmentFacts, device: str
) -> Circumstances:
    """Return the facts on which the scenario's rules may depend."""
    wrote = scenario.committed_writer if writer is None else writer.tensorflow
    return Circumstances(
        reader.tensorflow, str(wrote), str(reader.keras), device, str(reader.numpy)
    )
