"""Checks a learner's restore function by what it does, with a model that it has not seen.

The function runs in a limited process, in a cage where there is one. That process gets the artifact
and the inputs. The predictions before saving stay here.
"""

import itertools
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from harness.catalog.expectations import applies
from harness.catalog.scenario import Scenario
from harness.course.exercises import cut_starter
from harness.course.judging import LIMITS, PRINTED, Checked, judge_result
from harness.course.models import UnseenModel, draw_rows, make_worker, save_model
from harness.course.script import find_mistake, read_script
from harness.course.table import Exercise
from harness.errors import EnvironmentUnusable
from harness.files import temporary_folder
from harness.formats.facts import plain
from harness.processes.cage import find_obstacle, make_cage
from harness.processes.step import Step, StepResult, Worker, run_step
from harness.processes.variables import Environment

OPENS_TO_WRITE = ">=3,<3.3"  # Keras 3.0 opens a .keras file that it only reads for writing too


@contextmanager
def open_checker(environment: Environment) -> Iterator["Checker"]:
    """Give a checker; at the end its processes and its folder go. TensorFlow starts when needed."""
    with temporary_folder() as work:
        checker = Checker(environment, work)
        try:
            yield checker
        finally:
            checker.close()


class Checker:
    """Checks scripts one after the other; TensorFlow is imported once, where processes can fork.

    A model serves one check. `prepare` has one saved ahead of its check. Use from one thread.
    """

    def __init__(self, environment: Environment, work: Path) -> None:
        self.worker, self.work = make_worker(environment, work), work
        self.background = ThreadPoolExecutor(1)
        self.ahead: dict[str, Future[UnseenModel]] = {}
        self.numbers = itertools.count(1)

    def prepare(self, scenario: Scenario) -> Future[UnseenModel]:
        """Have a model for the next check of an exercise saved in the background."""
        if scenario.id not in self.ahead:
            place = self.work / f"model-{next(self.numbers)}"
            saving = self.background.submit(save_model, self.worker, scenario, place)
            self.ahead[scenario.id] = saving
        return self.ahead[scenario.id]

    def take_model(self, scenario: Scenario) -> UnseenModel:
        """Return a model that nothing else will use; raises EnvironmentUnusable."""
        self.prepare(scenario)
        return self.ahead.pop(scenario.id).result()

    def check(self, exercise: Exercise, scenario: Scenario, script: Path) -> Checked:
        """Run a script's restore function with a model of its own and judge it.

        Raises UsageError where the file is gone, EnvironmentUnusable where TensorFlow does not
        work.
        """
        text = read_script(script)
        if text.split() == cut_starter(exercise, scenario).split():
            return Checked("not attempted", "The file is as it was. Look for MEND.")
        if mistake := find_mistake(text):
            return Checked("fails differently now", mistake)
        return self.run(text, scenario, half=not exercise.whole_batch)

    def run(self, text: str, scenario: Scenario, half: bool) -> Checked:
        """Run the restore function of a script with a model of its own and judge it.

        `half`: it predicts half of the inputs, drawn now. Raises EnvironmentUnusable.
        """
        model = self.take_model(scenario)
        model = draw_rows(model) if half else model
        result = run_script(self.worker, text, model.folder)
        checked = judge_result(result, model.folder / "learner", model.predictions, scenario)
        shutil.rmtree(model.folder, ignore_errors=True)
        return checked

    def close(self) -> None:
        """End every process, also those that save ahead."""
        self.worker.close()
        self.background.shutdown(cancel_futures=True)


def run_script(worker: Worker, text: str, work: Path) -> StepResult:
    """Run restore() and its predictions in a process of their own, with `work/artifact`.

    Raises EnvironmentUnusable where that process does not come as far as the script.
    """
    caged = not find_obstacle()
    opens_to_write = caged and applies(OPENS_TO_WRITE, str(worker.describe().keras))
    step = make_step(text, work, caged, opens_to_write)
    result = run_step(worker, step, LIMITS)
    if step.cage and result.ended != "timeout" and not Path(step.folder, "begun").exists():
        said = plain(result.output.strip().rpartition("\n")[2], 400)
        raise EnvironmentUnusable("the process of the check did not start", said)
    return result


def make_step(text: str, work: Path, caged: bool, opens_to_write: bool = False) -> Step:
    """Return the step that runs restore() of `text` in `work/learner`, with `work/artifact`.

    `opens_to_write`: the artifact is moved to where the script may write. It serves this check
    alone, so that changes nothing.
    """
    folder, source = work / "learner", work / "restore.py"
    folder.mkdir()
    source.write_text(text, encoding="utf-8")
    artifact, inputs = work / "artifact", work / "inputs.npz"
    if opens_to_write:
        artifact = artifact.rename(folder / "artifact")
    return Step(
        kind="restore",
        folder=str(folder),
        source=str(source),
        function="restore",
        artifact=str(artifact),
        reference=str(inputs),
        seed=0,
        stdout=str(folder / PRINTED),
        cage=make_cage(folder, [artifact, inputs, source], LIMITS) if caged else None,
    )
