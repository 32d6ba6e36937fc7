"""How far a learner is: one small file in the course's folder, written whole or not at all."""

from pathlib import Path

import msgspec

from harness.errors import UsageError
from harness.files import to_json, write_whole
from harness.program import command_line

FILE = "progress.json"


class Progress(msgspec.Struct, kw_only=True):
    """The exercises that are done, and how many hints were read of each."""

    version: int = 1
    done: list[str] = []
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
