"""Makes the learner's folder: for each exercise a script, an artifact and sample inputs."""

import shutil
from pathlib import Path

from harness.catalog.scenario import Scenario
from harness.course.exercises import Exercise, cut_readme, cut_starter
from harness.course.models import make_worker, save_model
from harness.course.progress import Progress, write_progress
from harness.errors import UsageError
from harness.files import temporary_folder
from harness.processes.variables import Environment

SCRIPT = "restore.py"


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
        worker = make_worker(environment, work)
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
