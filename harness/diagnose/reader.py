"""The Keras that a release reads with."""

from harness.environments.releases import WITH, find_release, minor_of
from harness.environments.resolve import OWN
from harness.errors import UsageError
from harness.origin.likely_releases import LAST_KERAS_2, SHIPPED_KERAS
from harness.origin.own_release import find_version

NEWEST_KERAS = "3.15"


def find_keras(release: str) -> str:
    """Return the version of Keras of a release, as `env add` spells releases.

    With a later Keras installed beside it, "2.18 with keras==3.9" says so; "this" is the Python
    that runs the harness. Raises UsageError for an unknown release, and for a Python without Keras.
    """
    if release == OWN:
        own = find_version("keras")
        if own is None:
            raise UsageError(
                "this Python has no Keras", "", "name a release, such as --reader 2.21"
            )
        return own
    find_release(release)
    plain, _, added = release.partition(WITH)
    if added.startswith("keras=="):
        return added.removeprefix("keras==")
    numbers = plain.partition("+")[0].split(".")[:2]
    minor = ".".join(numbers)
    if "+legacy" in plain or minor_of(minor) <= minor_of(LAST_KERAS_2):
        return LAST_KERAS_2 if "+legacy" in plain else minor  # Keras is called so since 2.5
    shipped = {name: version for version, name in SHIPPED_KERAS.items()}
    return shipped.get(minor, NEWEST_KERAS)
