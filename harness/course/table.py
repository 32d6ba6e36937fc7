"""The exercises and tracks of the course, as exercises.toml lists them."""

from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("exercises.toml")
FULL = "full"
TRACKS = {  # how each is introduced
    "core": "the causes that people meet most",
    "fast": "three exercises for a short hour",
    "zeros": "models that predict nothing but zeros",
    FULL: "every exercise",
}


class Exercise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exercise: `id` and `context` tell the learner nothing of the cause.

    `mechanism` is what the exercise stands for, `scenario` the id of its master. `beside` names
    definitions of the master that the mended script needs and the broken one does not. `edits` are
    replacements in the learner's file: of what the master has for other ends, such as a dose.
    `whole_batch`: a right prediction of a row depends on the rows before it, so none are left out.
    """

    id: str
    scenario: str
    mechanism: str
    context: str
    tracks: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    whole_batch: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What exercises.toml holds."""

    exercise: tuple[Exercise, ...]


EXERCISES = msgspec.toml.decode(FILE.read_bytes(), type=Table).exercise


def list_track(track: str) -> tuple[Exercise, ...]:
    """Return the exercises of a track, in their order."""
    return tuple(each for each in EXERCISES if track in (FULL, *each.tracks))
