"""The TensorFlow releases that can be built: their Python, their date, and the pins they need.

`newest` is the day after which no package is taken: without it, 2.16 to 2.20 silently get the
newest Keras, and the old ones a numpy or protobuf that breaks them. Of a release the
newest patch of that day is taken, so a date also says which: 2.5.0, 2.16.1. All were built and
imported on 2026-11-25, on Linux x86-64.
"""

import platform
import re
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.errors import UsageError, advise

OLD_HDF5 = ("protobuf<3.20", "h5py<3")
# A release, perhaps its patch, and variants: 2.15, 2.15.1, 2.16+legacy, 2.16.2+legacy+gpu.
NAME = re.compile(r"(?P<minor>\d+\.\d+|nightly)(?P<patch>\.\d+(rc\d+)?)?(?P<variants>(\+\w+)*)")
WITH = " with "  # as `env list` names an environment of more requirements


@dataclass(frozen=True)
class Release:
    """What `uv pip install` is asked for, and for which Python."""

    name: str
    python: str
    newest: str | None
    requirements: tuple[str, ...]
    legacy_keras: bool = False
    extra: tuple[str, ...] = ()  # what was asked for besides, of any date
    dateless: tuple[str, ...] = ()  # other packages of any date: an exact patch of TensorFlow


def describe_release(version: str, python: str, newest: str | None, *pins: str) -> Release:
    """Return a release of the CPU wheel; `name_wheel` says which package that is here."""
    return Release(version, python, newest, (f"{name_wheel(version)}=={version}.*", *pins))


def name_wheel(minor: str) -> str:
    """Return the package with the CPU wheel of a release.

    tensorflow-cpu has wheels for Linux and Windows on x86-64 (for Intel Macs up to 2.16 only, for
    ARM none), and none of 2.0: seen in the package index, 2026-11-25. Elsewhere it is tensorflow.
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
        describe_release("2.21", "3.12", None),
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

    `name`: "2.15", "2.15.1", "2.16+legacy", "2.16+gpu", "nightly", or as `env list` shows it,
    "2.16 with keras==3.15.1". An extra requirement overrules the date. Raises UsageError for a name
    that is none, with the nearest that is.
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
    """Return a release as numbers that compare; nightly comes after all of them."""
    if version == "nightly":
        return (9, 9)
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def take_patch(release: Release, version: str) -> Release:
    """Return exactly that patch, of whatever date; all else stays of the release's day."""
    if release.name == "nightly":
        raise UsageError(f"unknown release: {version}", "nightly has no patches", "nightly")
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

    Up to 2.0 that is tensorflow-gpu; from 2.1 tensorflow has it, with a CUDA of the system (release
    notes of 2.1.0); from 2.14 `[and-cuda]` brings CUDA along (tensorflow.org/install/pip). That of
    2.14 needs a tensorrt without wheels for Python 3.11, so 3.10 it is.
    """
    if minor_of(minor) <= (2, 0):
        package = "tensorflow-gpu"
    elif minor == "nightly":
        package = "tf-nightly[and-cuda]"
    else:
        package = "tensorflow[and-cuda]" if minor_of(minor) >= (2, 14) else "tensorflow"
    wheel = Requirement(release.requirements[0])
    return replace(
        release,
        name=f"{release.name}+gpu",
        python="3.10" if minor == "2.14" else release.python,
        requirements=(f"{package}{wheel.specifier}", *release.requirements[1:]),
        dateless=(name_package(package),) if release.dateless else (),
    )


def take_extra(release: Release, extra: tuple[str, ...]) -> Release:
    """Return the release with more requirements, each in the place of a pin of that package."""
    pinned = {name_package(each) for each in extra}
    kept = [each for each in release.requirements if name_package(each) not in pinned]
    spelled = WITH.join([release.name, *sorted(extra)])
    return replace(release, name=spelled, requirements=(*kept, *extra), extra=extra)


def name_package(requirement: str) -> str:
    """Return the package a requirement is for; raises UsageError for what is no requirement."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement as error:
        raise UsageError(
            f"not a requirement: {requirement!r}",
            str(error).splitlines()[0],
            "as pip writes it, such as --with keras==3.15.1",
        ) from error
