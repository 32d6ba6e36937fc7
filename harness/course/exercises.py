"""Cuts an exercise from its scenario: the learner's file, what lies beside it, the solutions."""

import difflib
import itertools
import textwrap
from collections.abc import Sequence

from harness.catalog.scenario import Scenario
from harness.catalog.snippet import cut_snippet
from harness.course.table import EXERCISES, Exercise
from harness.errors import UsageError, advise

BROKEN = "restore_broken"
AS_FOUND = "restore_as_found"  # what a solution calls the learner's function, where it uses it
MARK = "# MEND restore(): it must predict what the model predicted before it was saved."


def find_exercise(identifier: str, among: Sequence[Exercise] = EXERCISES) -> Exercise:
    """Return the exercise with this id; raises UsageError that names the nearest one."""
    for each in among:
        if each.id == identifier:
            return each
    known = [each.id for each in among]
    listed, tip = advise(identifier, known)
    raise UsageError(f"there is no exercise {identifier}", textwrap.fill(listed, 70), tip)


def cut_starter(exercise: Exercise, scenario: Scenario) -> str:
    """Return the learner's file: the broken path of the scenario, with one marked place."""
    code = cut_snippet(scenario.source, [BROKEN, *exercise.beside])
    head = f"def {BROKEN}("
    before, found, after = code.partition(head)
    assert found, BROKEN
    assert BROKEN not in before + after, "the broken path is a function of its own"
    for old, new in exercise.edits:
        assert after.count(old) == 1, f"{exercise.id}: {old!r} is in the script once"
        after = after.replace(old, new)
    title = f'"""{exercise.context}"""\n'
    return f"{title}{before}{MARK}\ndef restore({after}\n"


def cut_readme(exercise: Exercise, scenario: Scenario) -> str:
    """Return the few lines that lie beside the learner's file."""
    return (
        f"{exercise.id} (about {scenario.minutes} minutes)\n\n"
        f"{textwrap.fill(exercise.context, 80)}\n\n"
        "restore.py       the script, with one marked place to mend\n"
        "artifact/        what was saved: look at the files as you like\n"
        "inputs.npz       sample inputs, under the name `inputs`\n\n"
        "restore(artifact) gets a folder as above, and returns a function from inputs to\n"
        "predictions. The check gives it another model and other inputs each time.\n"
    )


def cut_solution(exercise: Exercise, scenario: Scenario, path: str) -> str:
    """Return a fixed path of the scenario as the learner would have written it."""
    code = cut_snippet(scenario.source, [path, *exercise.beside])
    if f"{BROKEN}(artifact)" in code:  # it is called as the learner's file has it
        for old, new in exercise.edits:
            code = code.replace(old, new)
    code = code.replace(f"def {path}(", "def restore(").replace(BROKEN, AS_FOUND)
    return f'"""{exercise.context}"""\n{code}\n'


def diff_solution(text: str, exercise: Exercise, scenario: Scenario, path: str) -> str:
    """Return how a learner's script becomes a fixed path, as a diff; "" where they are the same."""
    before = [line for line in text.splitlines() if line != MARK]
    after = cut_solution(exercise, scenario, path).splitlines()
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    shown = (line for line in lines if not line.startswith("@@"))
    return "\n".join(itertools.dropwhile(str.isspace, shown))


def find_nearest(text: str, exercise: Exercise, scenario: Scenario) -> tuple[str, str]:
    """Return the fixed path that is the most like a learner's script, and the diff to it."""
    paths = list_solutions(scenario)
    diffs = {path: diff_solution(text, exercise, scenario, path) for path in paths}
    path = min(diffs, key=lambda each: len(diffs[each]))
    return path, diffs[path]


def list_solutions(scenario: Scenario) -> list[str]:
    """Return the fixed paths that read what the learner's file reads."""
    save = scenario.save_for(BROKEN)
    return [path for path in scenario.paths("fixed") if scenario.save_for(path) == save]
