"""How a class stands: the progress files of many learners, read and never changed."""

import codecs
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness.course.cases import CASES
from harness.course.progress import (
    FILE,
    LARGEST,
    Progress,
    Tries,
    decode_progress,
    find_next,
    find_state,
    list_course,
    read_beginning,
)
from harness.course.table import EXERCISES, Exercise
from harness.errors import UsageError, printable

PATTERNS = (FILE, f"*/{FILE}", f"*/*/{FILE}", "*.json")  # of a folder that holds a whole class
MANY_TRIES = 5  # checks that failed: whoever has so many is told to be helped
LONGEST = 24 * 3600  # seconds from a first check to the last
MOST_HINTS = 3  # a scenario has three


class Learner(msgspec.Struct, frozen=True, kw_only=True):
    """One learner: the name is that of the folder, or of the copied file."""

    name: str
    progress: Progress

    @property
    def at(self) -> Exercise | None:
        """The exercise at hand: the one checked last that is not done, else the next to do."""
        tried = [each for each in list_course(self.progress) if each.id in self.progress.tries]
        to_do = [each for each in tried if each.id not in self.progress.done]
        last = max(to_do, key=lambda each: self.tries(each).last, default=None)
        return last or find_next(self.progress)

    def tries(self, exercise: Exercise) -> Tries:
        """Return the checks of an exercise; none were failed where it was never checked."""
        return self.progress.tries.get(exercise.id, Tries())

    def hints(self, exercise: Exercise) -> int:
        """Return how many hints of an exercise were read."""
        return self.progress.hints.get(exercise.id, 0)


class ExerciseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise in a class: learners who are done, who are at it, failed checks, hints.

    `minutes`: the median from the first check to the last of those who are done, None if nobody is.
    """

    id: str
    learners: int
    done: int
    at: int
    failed: int
    hints: int
    minutes: float | None


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """A learner who needs help, the exercise at hand, its failed checks and the hints read."""

    name: str
    exercise: str
    failed: int
    hints: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the CSV file: what one learner did of one exercise, case or round."""

    learner: str
    kind: str
    id: str
    state: str
    failed: int = 0
    hints: int = 0
    minutes: float | None = None


def read_class(places: Sequence[Path]) -> tuple[list[Learner], list[str]]:
    """Return the learners found in folders and files, and a sentence for each that is not read.

    A place is a course's folder, a folder with such folders or with copied progress files, or such
    a file. Raises UsageError where nobody is found.
    """
    learners: dict[Path, Learner] = {}
    said = []
    for place in places:
        found = list(find_files(place))
        if not found:
            why = "holds no progress file" if place.is_dir() else "is not there"
            said.append(f"{place} {why}.")
        for path, name in found:
            try:
                learners[path.resolve()] = Learner(name=name, progress=read_copy(path))
            except UsageError as error:
                said.append(f"{path} {error.problem}.")
    if not learners:
        tip = "name the folders of learners, or a folder with their progress files"
        raise UsageError("no progress of a learner was found", "\n".join(said), tip)
    return sorted(tell_apart(learners), key=lambda each: each.name), said


def find_files(place: Path) -> Iterator[tuple[Path, str]]:
    """Yield the progress files of a place, each with its learner's name."""
    if place.is_file():
        yield place, name_learner(place)
        return
    seen = set()
    for pattern in PATTERNS:
        for path in sorted(place.glob(pattern)):
            if path.is_file() and path not in seen:
                seen.add(path)
                inner = path.parent.relative_to(place)
                named = path.name == FILE and inner.name
                yield path, inner.parts[0] if named else name_learner(path)


def name_learner(path: Path) -> str:
    """Return a learner's name: the folder's, or that of a copy with a name of its own."""
    return path.absolute().parent.name if path.name == FILE else path.stem


def read_copy(path: Path) -> Progress:
    """Return the progress in a file; raises UsageError that says why it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError("is no progress file: it is too large")
        text = read_beginning(path).removeprefix(codecs.BOM_UTF8)
        if not {"version", "done"} <= msgspec.json.decode(text, type=dict[str, msgspec.Raw]).keys():
            raise UsageError("is no progress file")
        return decode_progress(text)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError("is damaged") from error


def tell_apart(learners: dict[Path, Learner]) -> list[Learner]:
    """Return the learners, those of one name with their folders before it."""
    names = [each.name for each in learners.values()]
    return [
        msgspec.structs.replace(
            each, name=str(path.parent) if names.count(each.name) > 1 else each.name
        )
        for path, each in learners.items()
    ]


def summarize_exercises(learners: Sequence[Learner]) -> list[ExerciseSummary]:
    """Return the exercises that anybody has come to, in the order of the course."""
    each_summary = [summarize_exercise(each, learners) for each in EXERCISES]
    return [each for each in each_summary if each.done or each.at or each.failed or each.hints]


def summarize_exercise(exercise: Exercise, learners: Sequence[Learner]) -> ExerciseSummary:
    """Return how a class stands with one exercise."""
    course = [each for each in learners if exercise in list_course(each.progress)]
    done = [each for each in course if exercise.id in each.progress.done]
    spent = [measure_minutes(each.tries(exercise)) for each in done]
    minutes = [each for each in spent if each is not None]
    return ExerciseSummary(
        id=exercise.id,
        learners=len(course),
        done=len(done),
        at=sum(each.at == exercise for each in course),
        failed=sum(each.tries(exercise).failed for each in course),
        hints=sum(each.hints(exercise) for each in course),
        minutes=statistics.median(minutes) if minutes else None,
    )


def measure_minutes(tries: Tries) -> float | None:
    """Return the minutes from the first check to the last, None for one, or where a clock jumped.

    A span of more than a day is no work on one exercise.
    """
    seconds = tries.last - tries.first
    return round(seconds / 60, 1) if tries.first and 0 < seconds < LONGEST else None


def find_obstacle(exercises: Sequence[ExerciseSummary]) -> ExerciseSummary | None:
    """Return the exercise that holds most people up, None where no check has failed."""
    held = [each for each in exercises if each.failed]
    return max(held, key=lambda each: (each.at, each.failed, each.hints), default=None)


def find_stuck(learners: Sequence[Learner]) -> list[Stuck]:
    """Return who needs help, whoever has tried most first."""
    stuck = [
        Stuck(name=each.name, exercise=at.id, failed=each.tries(at).failed, hints=each.hints(at))
        for each in learners
        if (at := each.at)
    ]
    needy = [each for each in stuck if each.failed >= MANY_TRIES or each.hints >= MOST_HINTS]
    return sorted(needy, key=lambda each: (-each.failed, -each.hints, each.name))


def list_unchecked(learner: Learner) -> list[str]:
    """Return the exercises that are done without a check: in a file that was edited, or is old."""
    progress = learner.progress
    return [each for each in progress.done if each not in progress.tries]


def list_rows(learners: Sequence[Learner]) -> Iterator[Row]:
    """Yield the lines of the CSV file, one learner after the other."""
    for each in learners:
        name, progress = printable(each.name), each.progress
        for exercise in list_course(progress):
            tries = each.tries(exercise)
            yield Row(
                learner=name,
                kind="exercise",
                id=exercise.id,
                state=find_state(progress, exercise),
                failed=tries.failed,
                hints=each.hints(exercise),
                minutes=measure_minutes(tries),
            )
        known = {each.id: each for each in CASES}
        for case, answers in progress.found.items():
            if answers and case in known:
                state = "right" if answers[0] == known[case].cause else "wrong"
                yield Row(learner=name, kind="case", id=case, state=state)
        for number, (right, asked) in enumerate(progress.predicted, 1):
            yield Row(learner=name, kind="predict", id=str(number), state=f"{right} of {asked}")
