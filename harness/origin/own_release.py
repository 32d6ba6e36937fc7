"""Where a file is restored as it was written; perhaps by the Python that runs the harness."""

import os
from importlib.metadata import PackageNotFoundError, version

from harness.environments.releases import NEWEST, WITH
from harness.environments.resolve import OWN, has_own_tensorflow
from harness.origin.who_wrote import Origin

WHEELS = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tensorflow-intel")


def is_own_release(origin: Origin, release: str) -> bool:
    """Return whether this Python has the versions that the file records, and is that `release`.

    Versions are read from what is installed; nothing is imported.
    """
    if origin.span or os.environ.get("TF_USE_LEGACY_KERAS") == "1":
        return False
    tensorflow = next(filter(None, map(find_version, WHEELS)), None)
    if tensorflow is None or release.partition(WITH)[0] != ".".join(tensorflow.split(".")[:2]):
        return False
    known = [
        (origin.tensorflow, tensorflow),
        (origin.keras, find_version("keras")),
    ]
    recorded = [(theirs, ours) for theirs, ours in known if theirs]
    same = bool(recorded) and all(theirs == ours for theirs, ours in recorded)
    return same and has_own_tensorflow()


def name_writer(origin: Origin, release: str = "") -> str:
    """Return `release`, or else the most likely of the releases that wrote a file."""
    return release or (origin.releases or (NEWEST,))[0]


def choose_writer(origin: Origin, release: str = "") -> str:
    """Return where a file is restored as it was written: in `release` or in the one that wrote it.

    That is this Python, where it is that very release.
    """
    named = name_writer(origin, release)
    return OWN if not release and is_own_release(origin, named) else named


def find_version(package: str) -> str | None:
    """Return the version of an installed package, None if there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
