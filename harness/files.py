"""Files that are written whole or not at all."""

import contextlib
import os
from pathlib import Path

from harness.errors import EnvironmentUnusable, UsageError


def check_can_write(path: Path) -> None:
    """Raise UsageError where a file plainly cannot be written, before any work is done for it."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}", "", "name a file in a folder you can write")


def write_whole(path: Path, text: str, tip: str = "make room, then try again") -> None:
    """Write text whole or not at all: to a `.part` file, then moved.

    Raises UsageError where the path is at fault, EnvironmentUnusable with `tip` where the disk is.
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
