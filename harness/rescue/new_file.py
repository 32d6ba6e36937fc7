"""The new file: taken out of a caged folder, and put in its place."""

import os
import shutil
import tempfile
from pathlib import Path

from harness.errors import EnvironmentUnusable, UsageError
from harness.formats.facts import Unreadable, open_regular, plain


def take_file(written: Path, place: Path) -> Path:
    """Copy a regular file out of a caged folder, links not followed; return the copy."""
    if written.is_symlink():
        raise Unreadable("the new file is a link")
    with open_regular(written) as source, place.open("xb") as target:
        shutil.copyfileobj(source, target)
    return place


def publish(made: Path, output: Path) -> None:
    """Copy the proven file or folder to its place, whole, without ever replacing anything.

    It is copied into a folder beside its place first: an end in between leaves nothing half there.
    Raises UsageError if there is one by now, and EnvironmentUnusable if the disk fails.
    """
    beside = f".{output.name}-"
    try:
        with tempfile.TemporaryDirectory(prefix=beside, dir=output.parent) as temporary:
            copy = Path(temporary, output.name)
            if made.is_dir():
                shutil.copytree(made, copy)
                output.mkdir()
            else:
                with made.open("rb") as source, copy.open("xb") as target:
                    shutil.copyfileobj(source, target)
                output.touch(exist_ok=False)
            os.replace(copy, output)
    except FileExistsError as error:
        raise refuse_to_overwrite(output) from error
    except OSError as error:
        raise EnvironmentUnusable(
            f"cannot write {plain(output, 400)}",
            error.strerror or str(error),
            "name another file with --output",
        ) from error


def refuse_to_overwrite(output: Path) -> UsageError:
    """Return the error for a place where there is something already."""
    return UsageError(
        f"{plain(output, 400)} is there already",
        "rescue never overwrites a file or a folder",
        "name another file with --output",
    )
