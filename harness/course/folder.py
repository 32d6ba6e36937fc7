"""Makes the learner's folder: for each exercise a script, an artifact and sample inputs."""

import secrets
import shutil
from pathlib import Path

import numpy as np

from harness.catalog.scenario import Scenario
from harness.course.exercises import BROKEN, Exercise, cut_readme, cut_starter
from harness.course.progress import Progress, write_progress
from harness.errors import EnvironmentUnusable, UsageError
from harness.files import temporary_folder
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step, Worker, run_step
from harness.processes.variables import Environment

SCRIPT = "restore.py"


def save_model(worker: Worker, scenario: Scenario, work: Path) -> Path:
    """Save a model of a seed drawn now; return its reference, an npz beside `work/artifact`.

    `work/inputs.npz` holds the reference's inputs and nothing else. Raises EnvironmentUnusable.
    """
    for name in ("artifact", "save"):
        (work / name).mkdir(parents=True)
    reference = work / "reference.npz"
    step = Step(
        kind="save",
        folder=str(work / "save"),
        source=str(scenario.file),
        function=scenario.save_for(BROKEN),
        artifact=str(work / "artifact"),
        reference=str(reference),
        seed=1000 + secrets.randbelow(10**6),
    )
    result = run_step(worker, step, Limits())
    if result.error is not None:
        said = f"{result.error.type}: {result.error.message}"
        raise EnvironmentUnusable(f"the model of {scenario.id} was not saved", said)
    with np.load(reference) as arrays:
        np.savez(work / "inputs.npz", inputs=arrays["inputs"])
    return reference


def make_folder(
    folder: Path, chosen: list[tuple[Exercise, Scenario]], environment: Environment
) -> None:
    """Fill `folder` with the exercises; the progress file comes last, when all is there.

    Raises UsageError if the folder is not empty or cannot be written, EnvironmentUnusable if
    TensorFlow does not work.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", "", "name a new folder")
        (folder / ".part").touch()
        (folder / ".part").unlink()
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{folder} is a file", "", "name a new folder") from error
    except OSError as error:
        raise UsageError(
            f"cannot write {folder}", error.strerror or "", "name a folder that you may write"
        ) from error
    with temporary_folder() as work:
        worker: Worker = (
            ForkWorker(environment, work)
            if can_fork()
            else SpawnWorker(environment, work, hide_gpu=True)
        )
        try:
            for exercise, scenario in chosen:
                save_model(worker, scenario, work / exercise.id)
                place = folder / exercise.id
                place.mkdir()
                shutil.copytree(work / exercise.id / "artifact", place / "artifact")
                shutil.copy(work / exercise.id / "inputs.npz", place / "inputs.npz")
                (place / SCRIPT).write_text(cut_starter(exercise, scenario), encoding="utf-8")
                (place / "README.txt").write_text(cut_readme(exercise, scenario), encoding="utf-8")
        finally:
            worker.close()
    write_progress(folder, Progress())
