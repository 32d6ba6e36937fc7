"""Makes the learner's folder: for each exercise a script, an artifact and sample inputs."""

import shutil
from pathlib import Path

from harness.catalog.scenario import Scenario
from harness.course.exercises import cut_readme, cut_starter
from harness.course.gate import explain_misfit
from harness.course.models import make_worker, save_model
from harness.course.progress import FILE, Progress, write_progress
from harness.course.table import EXERCISES, Exercise
from harness.errors import EnvironmentUnusable, UsageError
from harness.files import temporary_folder
from harness.processes.step import Worker
from harness.processes.variables import Environment

SCRIPT = "restore.py"
UNFINISHED = ".unfinished"  # is in the folder as long as `learn init` is at work


def prepare_folder(folder: Path) -> None:
    """Make the folder where it is not there; take away what an interrupted `learn init` left.

    Raises UsageError if the folder is not empty or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / UNFINISHED).is_dir() and not (folder / FILE).exists():
            clear(folder)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", "", "name a new folder")
        (folder / UNFINISHED).mkdir()
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{folder} is a file", "", "name a new folder") from error
    except OSError as error:
        raise UsageError(
            f"cannot write {folder}", error.strerror or "", "name a folder that you may write"
        ) from error


def fill_folder(
    folder: Path,
    chosen: list[tuple[Exercise, Scenario]],
    environment: Environment,
    progress: Progress,
) -> None:
    """Fill a prepared folder with the exercises, or leave nothing of them.

    Those that cannot be done with this TensorFlow are noted in the progress as left out. The
    progress file comes last, when all is there. Raises EnvironmentUnusable if TensorFlow or the
    disk does not work, or nothing can be done with it.
    """
    try:
        with temporary_folder() as work:
            worker = make_worker(environment, work)
            try:
                facts = worker.describe()
                fitting = [each for each in chosen if not explain_misfit(each[1], facts)]
                if not fitting:
                    said = f"TensorFlow {facts.tensorflow}, Keras {facts.keras}"
                    raise EnvironmentUnusable("no exercise can be done with this TensorFlow", said)
                for exercise, scenario in fitting:
                    model = save_model(worker, scenario, work / exercise.id)
                    fill_place(folder / UNFINISHED / exercise.id, exercise, scenario, model.folder)
            finally:
                worker.close()
        for exercise, _ in fitting:
            (folder / UNFINISHED / exercise.id).rename(folder / exercise.id)
        there = {each.id for each, _ in fitting}
        progress.left_out = [each.id for each, _ in chosen if each.id not in there]
        write_progress(folder, progress)
        (folder / UNFINISHED).rmdir()
    except OSError as error:
        clear(folder)
        said = error.strerror or str(error)
        raise EnvironmentUnusable(f"cannot write {folder}", said, "make room there") from error
    except BaseException:  # Ctrl-C too
        clear(folder)
        raise


def fill_place(place: Path, exercise: Exercise, scenario: Scenario, model: Path) -> None:
    """Make one exercise in the new folder `place`, with the artifact and the inputs of `model`."""
    place.mkdir()
    lay_beside(place, exercise, scenario, model)
    (place / SCRIPT).write_text(cut_starter(exercise, scenario), encoding="utf-8")


def lay_beside(place: Path, exercise: Exercise, scenario: Scenario, model: Path) -> None:
    """Lay beside a script what it is about: the artifact and the inputs of `model`, a README."""
    shutil.copytree(model / "artifact", place / "artifact", dirs_exist_ok=True)
    shutil.copy(model / "inputs.npz", place / "inputs.npz")
    (place / "README.txt").write_text(cut_readme(exercise, scenario), encoding="utf-8")


def is_bare(place: Path) -> bool:
    """Say whether what lies beside a script is gone."""
    return not (place / "artifact").is_dir() or not (place / "inputs.npz").is_file()


def refill_place(place: Path, exercise: Exercise, scenario: Scenario, worker: Worker) -> None:
    """Lay a new model beside a script whose own is gone; raises EnvironmentUnusable."""
    with temporary_folder() as work:
        model = save_model(worker, scenario, work / exercise.id)
        try:
            lay_beside(place, exercise, scenario, model.folder)
        except OSError as error:
            said = error.strerror or str(error)
            raise EnvironmentUnusable(f"cannot write {place}", said, "make room there") from error


def clear(folder: Path) -> None:
    """Remove what `learn init` has made in a folder that it did not finish."""
    for name in (UNFINISHED, *(each.id for each in EXERCISES)):
        shutil.rmtree(folder / name, ignore_errors=True)
