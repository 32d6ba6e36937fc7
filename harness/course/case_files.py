"""Makes the folder of a case: the model file of an unseen seed, and what went in and came out."""

import re
import shutil
from pathlib import Path

import numpy as np

from harness.catalog import applicability
from harness.catalog.applicability import find_declared
from harness.catalog.scenario import Scenario
from harness.course.cases import Case, Shown
from harness.course.models import UnseenModel, save_model
from harness.errors import EnvironmentUnusable
from harness.processes.facts import EnvironmentFacts
from harness.processes.limits import Limits
from harness.processes.step import Step, StepResult, Worker, run_step
from harness.verdicts.statistics import Array

ARRAYS: dict[Shown, str] = {
    "inputs": "inputs.npy",
    "before": "before.npy",
    "now": "now.npy",
}
MESSAGE = "message.txt"
WARNED_AT = re.compile(r"^\S+:\d+: ")  # the file and the line of a warning
TITLES = {
    ARRAYS["inputs"]: "what goes in",
    ARRAYS["before"]: "what the model gave for it before it was saved",
    ARRAYS["now"]: "what it gives for it now",
    MESSAGE: "what was printed while it was restored",
}


def explain_misfit(case: Case, scenario: Scenario, facts: EnvironmentFacts) -> str:
    """Return why a case cannot be shown in an environment, "" where it can."""
    if said := applicability.explain_misfit(scenario, facts):
        return said
    writer = None if scenario.artifact_folder else facts
    declared = find_declared(scenario, case.path, writer, facts, "cpu", apart=False).verdict
    if declared == "skip" or (case.evidence and declared == "match"):
        return "nothing goes wrong there"
    return ""


def make_case(worker: Worker, case: Case, scenario: Scenario, work: Path) -> Path:
    """Make a case in the new folder `work`; return the folder to hand out.

    Raises EnvironmentUnusable where no model is saved.
    """
    work.mkdir()
    model = find_model(worker, case, scenario, work / "model")
    result = run_path(worker, case, scenario, model, work / "run")
    place = work / "case"
    place.mkdir()
    for name in case.files:
        copy = shutil.copytree if (model.folder / "artifact" / name).is_dir() else shutil.copy
        copy(model.folder / "artifact" / name, place / name)
    with np.load(model.folder / "inputs.npz") as arrays:
        given: dict[Shown, Array] = {"inputs": arrays["inputs"], "before": model.predictions}
    if (left := work / "run" / "predictions.npz").exists():
        with np.load(left) as arrays:
            given["now"] = arrays["predictions"]
    for shown in case.shows:
        if shown in given:
            np.save(place / ARRAYS[shown], given[shown])
    if said := read_message(result, scenario, model.folder / "artifact"):
        (place / MESSAGE).write_text(said + "\n", encoding="utf-8")
    return place


def find_model(worker: Worker, case: Case, scenario: Scenario, folder: Path) -> UnseenModel:
    """Return a model saved now with a new seed, or the committed one of another release."""
    committed = scenario.artifact_folder
    if committed is None:
        return save_model(worker, scenario, folder, case.path)
    shutil.copytree(committed / "artifact", folder / "artifact")
    shutil.copy(committed / "reference.npz", folder / "inputs.npz")
    with np.load(folder / "inputs.npz") as arrays:
        return UnseenModel(folder, arrays["predictions"])


def run_path(
    worker: Worker, case: Case, scenario: Scenario, model: UnseenModel, folder: Path
) -> StepResult:
    """Restore as the case's path does; what it predicts is left in `folder`."""
    folder.mkdir()
    step = Step(
        kind="restore",
        folder=str(folder),
        source=str(scenario.file),
        function=case.path,
        artifact=str(model.folder / "artifact"),
        reference=str(model.folder / "inputs.npz"),
        seed=0,
    )
    result = run_step(worker, step, Limits())
    if result.error is not None and result.ended != "error" and result.ended != "whole":
        said = f"{result.error.type}: {result.error.message}"
        raise EnvironmentUnusable(f"the model of {case.id} was not restored", said)
    return result


def read_message(result: StepResult, scenario: Scenario, artifact: Path) -> str:
    """Return what somebody who restores the model is told: its error, or the false alarm.

    Without the places of this machine: the scenario's file would tell the cause.
    """
    if result.error is not None:
        said = f"{result.error.type}: {result.error.message}".strip()
        return said.replace(f"{artifact}/", "")
    lines = [each for each in result.output.split("\n") if scenario.alarm in each]
    return WARNED_AT.sub("", lines[0]) if scenario.alarm and lines else ""
