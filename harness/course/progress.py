"""How far a learner is: one small file in the course's folder, written whole or not at all."""

import codecs
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from harness.catalog.scenario import Scenario
from harness.course.cases import count_right
from harness.course.table import EXERCISES, TRACKS, Exercise, list_track
from harness.errors import UsageError, advise
from harness.files import find_free, to_json, write_whole
from harness.program import command_line

FILE = "progress.json"
LARGEST = 1 << 20  # bytes; a progress file has about a thousand
Count = Annotated[int, msgspec.Meta(ge=0)]


class Tries(msgspec.Struct, kw_only=True):
    """The checks of one exercise that found it not done, and when the first and the last check ran.

    Times are seconds since 1970 by the learner's clock.
    """

    failed: Count = 0
    first: Count = 0
    last: Count = 0


class Progress(msgspec.Struct, kw_only=True):
    """The exercises that are done or left for later, and how many hints were read of each.

    `predicted` has a pair for each round of `learn predict`: answers that were right, questions.
    `left_out` names those of the track that do not fail with the learner's TensorFlow. `tries` has
    the exercises that were checked. `found` has the answers to each case of `learn find`.
    """

    version: int = 1
    track: Literal["core", "fast", "zeros", "full"] = "core"
    left_out: list[str] = []
    done: list[str] = []
    skipped: list[str] = []
    hints: dict[str, Count] = {}
    predicted: list[tuple[Count, Count]] = []
    tries: dict[str, Tries] = {}
    found: dict[str, list[str]] = {}

    def __post_init__(self) -> None:
        if not list_course(self):
            raise ValueError("every exercise is left out")


class ExerciseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one exercise stands; `hints` is how many were read."""

    id: str
    minutes: int
    state: Literal["done", "later", "to do"]
    hints: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How far a learner is, as `learn status --json` prints it; `next` is None at the end.

    `cases`: of `learn find`, how many were answered rightly at once, and how many were answered.
    """

    version: int = 1
    track: str
    exercises: list[ExerciseStatus]
    next: str | None
    minutes_left: int
    predicted: list[tuple[int, int]] = []
    cases: tuple[int, int] = (0, 0)


def begin(track: str) -> Progress:
    """Return the progress of somebody who begins a track; raises UsageError for an unknown one."""
    try:
        return msgspec.convert({"track": track}, Progress)
    except msgspec.ValidationError as error:
        listed, tip = advise(track, list(TRACKS))
        raise UsageError(f"there is no track {track}", listed, tip) from error


def read_progress(folder: Path) -> tuple[Progress, str]:
    """Return the progress, and a sentence where the file was damaged ("" where it was not).

    A damaged file is kept under another name, and the count starts again. Raises UsageError where
    the folder holds no course.
    """
    path = folder / FILE
    try:
        return decode_progress(read_beginning(path)), ""
    except (FileNotFoundError, NotADirectoryError) as error:
        name = "this folder" if folder == Path() else folder
        tip = f"{command_line('learn init DIR')}, or name its folder with --dir"
        raise UsageError(f"{name} holds no course", f"there is no {FILE}", tip) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        kept = find_free(path.with_name(f"{FILE}.damaged"))
        path.replace(kept)
        progress = begin(guess_track(folder))
        write_progress(folder, progress)
        return progress, f"{FILE} was damaged. It is kept as {kept.name}; the count starts again."


def read_beginning(path: Path) -> bytes:
    """Return what a progress file holds: of a large file the beginning, which is damaged then.

    Raises OSError, and UsageError where it is no file: a pipe would be waited for.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise UsageError(f"{path} is no file", "", "move it away, then try again")
    with path.open("rb") as file:
        return file.read(LARGEST)


def decode_progress(content: bytes) -> Progress:
    """Return the progress that a file holds, also after an editor put its mark before the text.

    Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError where it is damaged.
    """
    return msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8), type=Progress)


def guess_track(folder: Path) -> str:
    """Return the track whose exercises lie in a folder, the core if it is none of them."""
    known = {each.id for each in EXERCISES}
    found = {each.name for each in folder.iterdir() if each.is_dir()} & known
    fitting = [track for track in TRACKS if {each.id for each in list_track(track)} == found]
    return fitting[0] if fitting else "core"


def write_progress(folder: Path, progress: Progress) -> None:
    """Write the progress; raises UsageError or EnvironmentUnusable."""
    write_whole(folder / FILE, to_json(progress) + "\n")


def list_course(progress: Progress) -> list[Exercise]:
    """Return the exercises of a learner's folder, in their order."""
    return [each for each in list_track(progress.track) if each.id not in progress.left_out]


def find_next(progress: Progress) -> Exercise | None:
    """Return the first exercise to do, those left for later last; None where all are done."""
    to_do = [each for each in list_course(progress) if each.id not in progress.done]
    return min(to_do, key=lambda each: each.id in progress.skipped, default=None)


def note_check(folder: Path, progress: Progress, exercise: Exercise, done: bool) -> None:
    """Note that a check has run, and whether the exercise is done; later checks do not count."""
    if exercise.id in progress.done:
        return
    now = int(time.time())
    tries = progress.tries.setdefault(exercise.id, Tries(first=now))
    tries.last = now
    if done:
        progress.done.append(exercise.id)
        progress.skipped = [each for each in progress.skipped if each != exercise.id]
    else:
        tries.failed += 1
    write_progress(folder, progress)


def leave_for_later(folder: Path, progress: Progress, exercise: Exercise) -> None:
    """Put an exercise behind all others that are to do."""
    progress.skipped = [each for each in progress.skipped if each != exercise.id]
    if exercise.id not in progress.done:
        progress.skipped.append(exercise.id)
    write_progress(folder, progress)


def describe_status(progress: Progress, find_master: Callable[[Exercise], Scenario]) -> Status:
    """Return how every exercise of the course stands."""
    exercises = [
        ExerciseStatus(
            id=each.id,
            minutes=find_master(each).minutes,
            state=find_state(progress, each),
            hints=progress.hints.get(each.id, 0),
        )
        for each in list_course(progress)
    ]
    following = find_next(progress)
    return Status(
        track=progress.track,
        exercises=exercises,
        next=following.id if following else None,
        minutes_left=sum(each.minutes for each in exercises if each.state != "done"),
        predicted=progress.predicted,
        cases=count_right(progress.found),
    )


def find_state(progress: Progress, exercise: Exercise) -> Literal["done", "later", "to do"]:
    """Return how an exercise stands, in a word or two."""
    if exercise.id in progress.done:
        return "done"
    return "later" if exercise.id in progress.skipped else "to do"
