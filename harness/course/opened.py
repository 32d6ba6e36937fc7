"""One exercise in a notebook or program: a saved model, and checks of the learner's function."""

import contextlib
import inspect
import linecache
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from harness.catalog.scenario import Scenario
from harness.course.checking import Checker, open_checker
from harness.course.exercises import cut_starter
from harness.course.gate import explain_misfit
from harness.course.judging import Checked
from harness.course.predicting import describe_model
from harness.course.script import find_mistake, read_script
from harness.course.table import Exercise
from harness.errors import EnvironmentUnusable, UsageError
from harness.processes.variables import Environment
from harness.verdicts.statistics import Array


class OpenExercise(contextlib.AbstractContextManager["OpenExercise"]):
    """An exercise with a saved model; `check` runs a restore function with another one.

    `artifact` is the folder that was saved, `inputs` are sample inputs by name, `predictions` are
    what the model predicted from them before it was saved, rows first. `starter` is the script to
    mend. TensorFlow runs in a process of its own, which ends with `close`, at the end of a `with`,
    or when nothing refers to the exercise any more.
    """

    def __init__(self, exercise: Exercise, scenario: Scenario, environment: Environment) -> None:
        """Save the model; raises EnvironmentUnusable if that or the exercise cannot be done."""
        self.exercise, self.scenario = exercise, scenario
        self.starter = cut_starter(exercise, scenario)
        with contextlib.ExitStack() as stack:
            self.checker: Checker = stack.enter_context(open_checker(environment))
            if misfit := explain_misfit(scenario, self.checker.worker.describe()):
                raise EnvironmentUnusable(f"{exercise.id} cannot be done here", misfit)
            self.model = self.checker.take_model(scenario)
            self.checker.prepare(scenario)
            self.close = weakref.finalize(self, stack.pop_all().close)
        self.artifact, self.predictions = self.model.folder / "artifact", self.model.predictions

    @property
    def inputs(self) -> dict[str, Array]:
        """The sample inputs, rows first; most models have one, called "inputs"."""
        with np.load(self.model.folder / "inputs.npz", allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def check(self, restore: Callable[..., Any] | Path | str) -> Checked:
        """Run a restore function with a model it has not seen, and return how the exercise stands.

        `restore` is a function, or the path of a script that has a function `restore`. Of a
        function all of its notebook cell, or of its file, is run. Wrong predictions, errors and
        endless loops are answers, not exceptions. Raises UsageError if the code cannot be found or
        the exercise is closed, and EnvironmentUnusable if TensorFlow fails.
        """
        if not self.close.alive:
            raise UsageError(f"{self.exercise.id} is closed", "", "open it again: open_exercise")
        text = read_script(Path(restore)) if isinstance(restore, Path | str) else read_code(restore)
        if mistake := find_mistake(text):
            return Checked("fails differently now", mistake)
        checked = self.checker.run(text, self.scenario, half=not self.exercise.whole_batch)
        self.checker.prepare(self.scenario)
        return checked

    def __str__(self) -> str:
        """Return what is to be done, and what was saved."""
        minutes = f"about {self.scenario.minutes} minutes"
        return (
            f"{self.exercise.id} ({minutes})\n{self.exercise.context}\n{describe_model(self.model)}"
        )

    def __exit__(self, *error: object) -> None:
        self.close()


def read_code(function: Callable[..., Any]) -> str:
    """Return the notebook cell or file in which a function is; raises UsageError."""
    try:
        file = inspect.getfile(function)
    except TypeError as error:
        raise UsageError("check needs a function restore", f"received {function!r}") from error
    linecache.checkcache(file)  # the file may have been edited since its last check
    if not (lines := linecache.getlines(file)):
        tip = "define restore in a cell of a notebook, or in a file"
        raise UsageError("the code of restore cannot be found", file, tip)
    return "".join(lines)
