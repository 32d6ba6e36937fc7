"""The author's gate: what keeps a scenario from being an exercise, as sentences."""

from harness.catalog import applicability
from harness.catalog.applicability import find_declared
from harness.catalog.scenario import Scenario
from harness.course.checking import Checker
from harness.course.exercises import BROKEN, MARK, cut_solution, cut_starter, list_solutions
from harness.course.script import find_mistake
from harness.course.table import EXERCISES, Exercise
from harness.processes.facts import EnvironmentFacts

LONGEST_CONTEXT = 92  # characters, with the quotes of a docstring and a space


def list_exercises(scenario: Scenario) -> list[Exercise]:
    """Return the exercises that are cut from a scenario: one, or none."""
    return [each for each in EXERCISES if each.scenario == scenario.id]


def find_problems(exercise: Exercise, scenario: Scenario) -> list[str]:
    """Return what is wrong with an exercise, as far as its files tell."""
    if scenario.paths("broken")[:1] != [BROKEN]:
        return [f"{scenario.id} has no path {BROKEN} to start from"]
    starter = cut_starter(exercise, scenario)
    said = []
    if not list_solutions(scenario):
        said.append(f"no fixed path of {scenario.id} reads what the learner's file reads")
    if starter.count(MARK) != 1:
        said.append(f"the script of {exercise.id} needs one marked place")
    if mistake := find_mistake(starter):
        said.append(f"the script of {exercise.id} cannot be run: {mistake}")
    if scenario.id in starter + exercise.context or scenario.id == exercise.id:
        said.append(f"the script of {exercise.id} names its scenario, which tells the cause")
    if len(exercise.context) > LONGEST_CONTEXT:
        said.append(f"the context of {exercise.id} is longer than {LONGEST_CONTEXT} characters")
    return said + find_telling_hints(exercise, scenario)


def explain_misfit(scenario: Scenario, facts: EnvironmentFacts) -> str:
    """Return why an exercise cannot be done in an environment, "" where it can."""
    if said := applicability.explain_misfit(scenario, facts):
        return said
    if find_verdict(scenario, BROKEN, facts) in ("match", "skip"):
        return "its script does not fail there"
    if not list_working(scenario, facts):
        return "no solution works there"
    return ""


def find_verdict(scenario: Scenario, path: str, facts: EnvironmentFacts) -> str:
    """Return the verdict that is declared for a path in an environment."""
    return find_declared(scenario, path, facts, facts, "cpu", apart=False).verdict


def list_working(scenario: Scenario, facts: EnvironmentFacts) -> list[str]:
    """Return the solutions that work in an environment: some cures are for some releases only."""
    solutions = list_solutions(scenario)
    return [each for each in solutions if find_verdict(scenario, each, facts) == "match"]


def find_telling_hints(exercise: Exercise, scenario: Scenario) -> list[str]:
    """Return what is wrong with the hints: too few, or a first one that gives the answer away."""
    if len(scenario.hints) < 2:
        return [f"{scenario.id} has too few hints"]
    cures = [path.removeprefix("restore_fixed_") for path in scenario.paths("fixed")]
    first = scenario.hints[0].lower()
    told = [each for each in cures if each in first or each.replace("_", " ") in first]
    return [f"the first hint of {exercise.id} names the cure {each}" for each in told]


def find_failures(exercise: Exercise, scenario: Scenario, checker: Checker) -> list[str]:
    """Return what is wrong when the script and the solutions are run, each with a new model.

    Nothing, where the exercise cannot be done in this environment. Raises EnvironmentUnusable.
    """
    facts = checker.worker.describe()
    if explain_misfit(scenario, facts):
        return []
    said, half = [], not exercise.whole_batch
    found = checker.run(cut_starter(exercise, scenario), scenario, half)
    if found.ending != "still failing":
        said.append(
            f"the script of {exercise.id} should fail as {BROKEN} declares it."
            f" It ended so: {found.ending}. {found.said}"
        )
    for path in list_working(scenario, facts):
        found = checker.run(cut_solution(exercise, scenario, path), scenario, half)
        if found.ending != "done":
            said.append(f"{path} does not solve {exercise.id}: {found.ending}. {found.said}")
    return said
