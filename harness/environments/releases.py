"""The TensorFlow releases that can be built: their Python, their date, and the pins they need.

No package newer than the day `newest` is installed. Without that limit, 2.16 to 2.20 silently get
the newest Keras, and older releases get a numpy or protobuf that breaks them. The newest patch of
that day is installed, so the date also chooses the patch: 2.5.0, 2.16.1. All releases were built
and imported on 2026-11-25, on Linux x86-64; 2.21 with its date on 2026-11-26. TensorFlow 2.21.0
came out beside Keras 3.13.2; by 2026-04-15 it gets 3.14.0, and without a date 3.15.1 (as uv
resolves each date).
"""

import platform
import re
from dataclasses import dataclass, replace

from harness.errors import UsageError, advise

OLD_HDF5 = ("protobuf<3.20", "h5py<3")
# A release, perhaps its patch, and variants: 2.15, 2.15.1, 2.16+legacy, 2.16.2+legacy+gpu.
NAME = re.compile(r"(?P<minor>\d+\.\d+|nightly)(?P<patch>\.\d+(rc\d+)?)?(?P<variants>(\+\w+)*)")
WITH = " with "  # as `env list` names an environment of more requirements


@dataclass(frozen=True)
class Release:
    """The arguments of `uv pip install` for one release, and the Python it needs."""

    name: str
    python: str
    newest: str | None
    requirements: tuple[str, ...]
    legacy_keras: bool = False
    extra: tuple[str, ...] = ()  # extra requirements, of any date
    dateless: tuple[str, ...] = ()  # other packages of any date: an exact patch of TensorFlow


def describe_release(version: str, python: str, newest: str | None, *pins: str) -> Release:
    """Return a release that installs the CPU wheel; `name_wheel` returns the wheel's package."""
    return Release(version, python, newest, (f"{name_wheel(version)}=={version}.*", *pins))


def name_wheel(minor: str) -> str:
    """Return the package with the CPU wheel of a release.

    tensorflow-cpu has wheels for Linux and Windows on x86-64, and for Intel Macs up to 2.16. There
    are no wheels for ARM, and no wheels of 2.0 (seen in the package index, 2026-11-25). Elsewhere
    the package is tensorflow.
    """
    fits = platform.system() in ("Linux", "Windows") and platform.machine() in ("x86_64", "AMD64")
    return "tensorflow-cpu" if fits and minor != "2.0" else "tensorflow"


RELEASES = {
    release.name: release
    for release in (
        describe_release(
            "1.15",
            "3.7",
            "2022-01-01",
            "numpy==1.18.5",
            "h5py==2.10.0",
            "protobuf<3.20",
            "gast==0.2.2",
        ),
        describe_release("2.0", "3.7", "2020-02-01", *OLD_HDF5),
        describe_release("2.1", "3.7", "2022-01-01", *OLD_HDF5),
        describe_release("2.2", "3.8", "2022-01-01", *OLD_HDF5),
        describe_release("2.3", "3.8", "2022-01-01", *OLD_HDF5),
        describe_release("2.4", "3.8", "2021-03-01"),
        describe_release("2.5", "3.8", "2021-06-15"),
        describe_release("2.6", "3.8", "2021-12-01", "keras==2.6.*", "protobuf<3.20"),
        describe_release("2.7", "3.8", "2022-01-25"),
        describe_release("2.8", "3.9", "2022-03-15", "protobuf<3.20"),
        describe_release("2.9", "3.9", "2022-07-01", "protobuf<3.20"),
        describe_release("2.10", "3.10", "2022-10-01"),
        describe_release("2.11", "3.10", "2023-01-20"),
        describe_release("2.12", "3.11", "2023-05-15"),
        describe_release("2.13", "3.11", "2023-08-15"),
        describe_release("2.14", "3.11", "2023-11-10"),
        describe_release("2.15", "3.11", "2024-01-31"),
        describe_release("2.16", "3.11", "2024-03-15"),
        describe_release("2.17", "3.11", "2024-08-01"),
        describe_release("2.18", "3.11", "2024-11-15"),
        describe_release("2.19", "3.12", "2025-04-01"),
        describe_release("2.20", "3.12", "2025-09-01"),
        describe_release("2.21", "3.12", "2026-03-20"),
        Release("nightly", "3.12", None, ("tf-nightly", "keras-nightly")),
    )
}
NEWEST = [name for name in RELEASES if name != "nightly"][-1]
# What it downloads where uv has nothing of it yet: wheels for Linux x86-64, tests/integration/
# test_wheel.py.
NEWEST_MEGABYTES = 330
# tf_keras of the same minor: by then it had been released.
LEGACY_NEWEST = {"2.16": "2024-08-01", "2.17": "2024-11-15", "2.18": "2025-03-01"}


def find_release(name: str, extra: tuple[str, ...] = ()) -> Release:
    """Return the release called `name`, with `extra` requirements.

    `name`: "2.15", "2.15.1", "2.16+legacy", "2.16+gpu", "nightly", or as `env list` shows it, "2.16
    with keras==3.15.1". An extra requirement overrides the date. Raises UsageError for an unknown
    name, with the nearest known name.
    """
    plain, _, spelled = name.partition(WITH)
    extra = (*(each for each in spelled.split(WITH) if each), *extra)
    parts = NAME.fullmatch(plain)
    release = RELEASES.get(parts["minor"]) if parts else None
    variants = set(parts["variants"].split("+")[1:]) if parts else set()
    if parts is None or release is None or not variants <= {"legacy", "gpu"}:
        raise UsageError(f"unknown release: {name}", *advise(plain, list(RELEASES)))
    if parts["patch"]:
        release = take_patch(release, parts["minor"] + parts["patch"])
    if "legacy" in variants:
        release = take_legacy_keras(release, parts["minor"])
    if "gpu" in variants:
        release = take_gpu_wheel(release, parts["minor"])
    return take_extra(release, extra) if extra else release


def minor_of(version: str) -> tuple[int, int]:
    """Return a release as comparable numbers; nightly comes last."""
    if version == "nightly":
        return (9, 9)
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def take_patch(release: Release, version: str) -> Release:
    """Return the release with exactly that patch; the other packages keep the release's date."""
    if release.name == "nightly":
        raise UsageError(f"unknown release: {version}", "nightly has no patch releases", "nightly")
    package = name_package(release.requirements[0])
    if release.name == "1.15" and version != "1.15.0":
        package = "tensorflow"  # tensorflow-cpu 1.15 was never patched
    rest = release.requirements[1:]
    return replace(
        release, name=version, requirements=(f"{package}=={version}", *rest), dateless=(package,)
    )


def take_legacy_keras(release: Release, minor: str) -> Release:
    """Return the release with tf_keras as its `tf.keras`."""
    if minor_of(minor) < (2, 16):
        raise UsageError(
            f"{minor} has no legacy Keras",
            "its own Keras is a Keras 2",
            f"leave out +legacy: {release.name}",
        )
    package = "tf-keras-nightly" if minor == "nightly" else f"tf-keras=={minor}.*"
    return replace(
        release,
        name=f"{release.name}+legacy",
        legacy_keras=True,
        newest=LEGACY_NEWEST.get(minor, release.newest),
        requirements=(*release.requirements, package),
    )


def take_gpu_wheel(release: Release, minor: str) -> Release:
    """Return the release with GPU support.

    Up to 2.0 the package is tensorflow-gpu. From 2.1 the package tensorflow supports GPUs with the
    system's CUDA (release notes of 2.1.0). From 2.14 `[and-cuda]` installs CUDA too
    (tensorflow.org/install/pip). 2.14's `[and-cuda]` needs a tensorrt without wheels for Python
    3.11, so Python 3.10 is used.
    """
    if minor_of(minor) <= (2, 0):
        package = "tensorflow-gpu"
    elif minor == "nightly":
        package = "tf-nightly[and-cuda]"
    else:
        package = "tensorflow[and-cuda]" if minor_of(minor) >= (2, 14) else "tensorflow"
    from packaging.requirements import Requirement  # imported where needed: `diagnose` is quick

    wheel = Requirement(release.requirements[0])
    return replace(
        release,
        name=f"{release.name}+gpu",
        python="3.10" if minor == "2.14" else release.python,
        requirements=(f"{package}{wheel.specifier}", *release.requirements[1:]),
        dateless=(name_package(package),) if release.dateless else (),
    )


def take_extra(release: Release, extra: tuple[str, ...]) -> Release:
    """Return the release with more requirements; each replaces an existing pin of its package."""
    pinned = {name_package(each) for each in extra}
    kept = [each for each in release.requirements if name_package(each) not in pinned]
    spelled = WITH.join([release.name, *sorted(extra)])
    return replace(release, name=spelled, requirements=(*kept, *extra), extra=extra)


def name_package(requirement: str) -> str:
    """Return the package of a requirement; raises UsageError if it is not a requirement."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement as error:
        raise UsageError(
            f"not a package requirement: {requirement!r}",
            str(error).splitlines()[0],
            "write the requirement as for pip, such as --with keras==3.15.1",
        ) from error
