"""Records as JSON text, and files that are written completely or not at all."""

import contextlib
import json
import os
from pathlib import Path

from harness.errors import EnvironmentUnusable, UsageError


def check_can_write(path: Path) -> None:
    """Raise UsageError if a file cannot be written, before any work is done for that file."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}", "", "name a file in a folder you can write")


def to_json(record: object) -> str:
    """Return a record, or a list of them, as indented JSON."""
    import msgspec

    return json.dumps(msgspec.to_builtins(record), indent=2)


def write_whole(path: Path, text: str, tip: str = "free some disk space, then try again") -> None:
    """Write text completely or not at all: to a `.part` file, which is then renamed.

    Raises UsageError if the path is wrong, and EnvironmentUnusable with `tip` if the disk fails.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        with contextlib.suppress(OSError):  # there, if a folder stands in the place of `path`
            part.unlink()
        found = error.strerror or str(error)
        raise UsageError(
            f"cannot write {path}", found, "name a file in an existing folder"
        ) from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EnvironmentUnusable(
            f"cannot write {path}", error.strerror or str(error), tip
        ) from error
