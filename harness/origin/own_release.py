"""Is the Python that runs the harness the very environment that wrote a file?"""

import os
from importlib.metadata import PackageNotFoundError, version

from harness.environments.releases import WITH
from harness.environments.resolve import has_own_tensorflow
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


def find_version(package: str) -> str | None:
    """Return the version of an installed package, None if there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
