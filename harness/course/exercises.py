"""The exercises in their order: what each needs that its scenario does not say."""

import difflib
import textwrap
from dataclasses import dataclass

from harness.catalog.scenario import Scenario
from harness.catalog.snippet import cut_snippet
from harness.errors import UsageError, advise

BROKEN = "restore_broken"
AS_FOUND = "restore_as_found"  # what a solution calls the learner's function, where it uses it
MARK = "# MEND restore(): it must predict what the model predicted before it was saved."


@dataclass(frozen=True)
class Exercise:
    """One exercise: `id` and `context` tell the learner nothing of the cause.

    `mechanism` is what the exercise stands for, `scenario` the id of its master. `beside` names
    definitions of the master that the mended script needs and the broken one does not. `edits` are
    replacements in the learner's file: of what the master has for other ends, such as a dose.
    """

    id: str
    scenario: str
    mechanism: str
    context: str
    beside: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()


CORE = (
    Exercise(
        "sensor-model",
        "missing-custom-objects",
        "a class that load_model cannot find",
        "A colleague wrote a layer and saved a model with it. Nobody can load the file.",
        beside=("MyCustomLayer",),
        edits=((", custom_objects=None", ""), (", custom_objects)", ")")),
    ),
    Exercise(
        "street-lamps",
        "missing-rescale-255",
        "inputs on another scale than in training",
        "A model says from a picture whether a street lamp is lit. It says 1.0 for every lamp.",
        edits=(
            (", dose=255", ""),
            ("images * (dose / 255.0)", "images"),
            ("  # 255: as they come", ""),
        ),
    ),
    Exercise(
        "robot-arm",
        "architecture-only",
        "weights that were never loaded",
        "A model computes from the joints' angles where a robot's hand is. It is far off.",
    ),
    Exercise(
        "power-demand",
        "load-before-build",
        "weights loaded before there is a place for them",
        "A model forecasts the demand for power from the weather. It does not come back.",
    ),
    Exercise(
        "bicycles",
        "target-left-scaled",
        "outputs in another unit than the caller expects",
        "A model predicts how many bicycles are rented in an hour. It predicts less than one.",
    ),
    Exercise(
        "car-prices",
        "columns-in-another-order",
        "columns that changed places",
        "A model prices used cars, in thousands of euros. Since the move to a server it is wrong.",
        edits=(
            (", dose=5", ""),
            ("sorted(COLUMNS[:dose]) + COLUMNS[dose:]", "sorted(COLUMNS)"),
            ("  # 5: json.dumps(row, sort_keys=True) and kin", ""),
        ),
    ),
    Exercise(
        "runners",
        "training-mode-at-inference",
        "layers that behave as in training",
        "A model predicts a runner's time over ten kilometres. It never says the same twice.",
        edits=((", dose=0.25", ""), ("dropped=dose", "")),
    ),
    Exercise(
        "photo-tags",
        "skip-mismatch-head",
        "a layer that was skipped while loading",
        "A model tags photos. A fourth tag was added, and now the first three are wrong too.",
        edits=((", dose=1", ""), ("3 + dose", "4")),
    ),
)


def find_exercise(identifier: str) -> Exercise:
    """Return the exercise with this id; raises UsageError that names the nearest one."""
    for each in CORE:
        if each.id == identifier:
            return each
    known = [each.id for each in CORE]
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
        f"{exercise.id} (about {scenario.minutes} minutes)\n\n{exercise.context}\n\n"
        "restore.py       the script, with one marked place to mend\n"
        "artifact/        what was saved: look at the files as you like\n"
        "inputs.npz       sample inputs, under the name `inputs`\n\n"
        "restore(artifact) gets a folder as above, and returns a function from inputs to\n"
        "predictions. The check gives it another model each time.\n"
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
    return "\n".join(line for line in lines if not line.startswith("@@"))


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


def find_problems(exercise: Exercise, scenario: Scenario) -> list[str]:
    """Return, as sentences, what keeps a scenario from being an exercise (the author's gate)."""
    said = []
    if scenario.paths("broken")[:1] != [BROKEN]:
        said.append(f"{scenario.id} has no path {BROKEN} to start from")
        return said
    if not list_solutions(scenario):
        said.append(f"no fixed path of {scenario.id} reads what the learner's file reads")
    if cut_starter(exercise, scenario).count(MARK) != 1:
        said.append(f"the file of {exercise.id} has no marked place")
    if len(scenario.hints) < 2:
        said.append(f"{scenario.id} has too few hints")
    return said
