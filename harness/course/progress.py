"""How far a learner is: one small file in the course's folder, written whole or not at all."""

from pathlib import Path

import msgspec

from harness.course.exercises import CORE, Exercise
from harness.errors import UsageError
from harness.files import to_json, write_whole
from harness.program import command_line

FILE = "progress.json"


class Progress(msgspec.Struct, kw_only=True):
    """The exercises that are done or left for later, and how many hints were read of each."""

    version: int = 1
    done: list[str] = []
    skipped: list[str] = []
    hints: dict[str, int] = {}


def read_progress(folder: Path) -> tuple[Progress, str]:
    """Return the progress, and a sentence where the file was damaged ("" where it was not).

    A damaged file is kept under another name, and the count starts again. Raises UsageError where
    the folder holds no course.
    """
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Progress), ""
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"{folder} holds no course", f"there is no {FILE}", command_line("learn init DIR")
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        kept = path.with_name(f"{FILE}.damaged")
        path.replace(kept)
        write_progress(folder, Progress())
        return Progress(), f"{FILE} was damaged. It is kept as {kept.name}; the count starts again."


def write_progress(folder: Path, progress: Progress) -> None:
    """Write the progress; raises UsageError or EnvironmentUnusable."""
    write_whole(folder / FILE, to_json(progress) + "\n")


def find_next(progress: Progress) -> Exercise | None:
    """Return the first exercise to do, those left for later last; None where all are done."""
    to_do = [each for each in CORE if each.id not in progress.done]
    return min(to_do, key=lambda each: each.id in progress.skipped, default=None)


def finish(folder: Path, progress: Progress, exercise: Exercise) -> None:
    """Note that an exercise is done."""
    if exercise.id not in progress.done:
        progress.done.append(exercise.id)
        progress.skipped = [each for each in progress.skipped if each != exercise.id]
        write_progress(folder, progress)


def leave_for_later(folder: Path, progress: Progress, exercise: Exercise) -> None:
    """Put an exercise behind all others that are to do."""
    progress.skipped = [each for each in progress.skipped if each != exercise.id]
    if exercise.id not in progress.done:
        progress.skipped.append(exercise.id)
    write_progress(folder, progress)
