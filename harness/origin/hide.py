"""What a process said, without folders of this machine: others read the report."""

import os
import re
from pathlib import Path

from harness.formats.facts import plain
from harness.origin.who_wrote import Origin

PACKAGES = "site-packages/"
WHOLE = re.compile(r"(?<![\w/.:~-])/(?:[\w.+@~-]+/)+[\w.+@~-]*")  # an absolute path


def hide_folders(
    said: str, origin: Origin, copy: str, work: Path | None = None, code: Path | None = None
) -> str:
    """Return a message in which files are named without their folders.

    `copy`: the path of the model's copy, which is said to be the model. What lies in the folder
    `work` is named relative to it. Called before a message is cut, since half a path is found no
    more.
    """
    name = plain(origin.path.name or origin.path.resolve().name)
    for path in (copy, str(origin.path.resolve()), str(origin.path)):
        said = said.replace(path, name) if path not in ("", name) else said
    for file in (code.resolve(), code) if code else ():
        said = said.replace(str(file), file.name)
    if work is not None:
        said = said.replace(f"{work}/", "").replace(str(work), "the work folder")
    return WHOLE.sub(lambda found: shorten(found[0]), said)


def shorten(path: str) -> str:
    """Return the last part of a path of this machine; others, such as those of HDF5, as they are.

    Of a package's file the part below site-packages is left.
    """
    if not os.path.exists(f"/{path.split('/')[1]}"):  # Path.exists raises for a name of 300 letters
        return path
    if PACKAGES in path:
        return PACKAGES + path.rpartition(PACKAGES)[2]
    return path.rstrip("/").rpartition("/")[2]
