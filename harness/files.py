"""Records as JSON text, files that are written whole, and folders that are removed whole."""

import contextlib
import itertools
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
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


def find_free(path: Path) -> Path:
    """Return the path, or where something is there already the first free: name-2, name-3, ..."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return next(each for each in itertools.chain([path], numbered) if not os.path.lexists(each))


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a new folder, removed at the end, however deep a process has made it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):
                empty_folder(folder)


def empty_folder(folder: Path) -> None:
    """Remove all that is in a folder, its own subfolders only after what they hold.

    shutil and tempfile call themselves for every level: a thousand levels end in a RecursionError.
    Here deeper folders are moved up before the folder around them goes. Raises OSError.
    """
    names = (folder / f"{secrets.token_hex(8)}-{number}" for number in itertools.count())
    while here := list(os.scandir(folder)):
        for entry in here:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for inner in list(os.scandir(entry.path)):
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, 0o700)
                    os.rename(inner.path, next(names))
                else:
                    os.unlink(inner.path)
            os.rmdir(entry.path)
