"""The Keras that a release reads with."""

from harness.environments.releases import WITH, find_release, minor_of
from harness.origin.likely_releases import LAST_KERAS_2, SHIPPED_KERAS

NEWEST_KERAS = "3.15"


def find_keras(release: str) -> str:
    """Return the version of Keras of a release, as `env add` spells releases.

    With a later Keras installed beside it, "2.18 with keras==3.9" says so. Raises UsageError for an
    unknown release.
    """
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
