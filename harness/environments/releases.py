"""The TensorFlow releases that can be built: their Python, their date, and the pins they need.

`newest` is the day after which no package is taken: without it, 2.16 to 2.20 silently get the
newest Keras, and the old ones a numpy or protobuf that breaks them. Pins were each seen to be
needed; every release was imported and trained a model in a forked child (docs/decisions).
"""

from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement

from harness.errors import UsageError, advise

OLD_HDF5 = ("protobuf<3.20", "h5py<3")


@dataclass(frozen=True)
class Release:
    """What `uv pip install` is asked for, and for which Python."""

    name: str
    python: str
    newest: str | None
    requirements: tuple[str, ...]
    legacy_keras: bool = False
    extra: tuple[str, ...] = ()  # what was asked for besides, of any date


def describe_release(version: str, python: str, newest: str | None, *pins: str) -> Release:
    """Return a release of the CPU wheel, which every release but 2.0 has."""
    package = "tensorflow" if version == "2.0" else "tensorflow-cpu"
    return Release(version, python, newest, (f"{package}=={version}.*", *pins))


RELEASES = {
    release.name: release
    for release in (
        describe_release("1.15", "3.7", "2022-01-01", "numpy==1.18.5", "h5py==2.10.0",
                         "protobuf<3.20", "gast==0.2.2"),
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
}  # fmt: skip
# tf_keras of the same minor: by then it had been released.
LEGACY_NEWEST = {"2.16": "2024-08-01", "2.17": "2024-11-15", "2.18": "2025-03-01"}


def find_release(name: str, extra: tuple[str, ...] = ()) -> Release:
    """Return the release called `name`, such as "2.15" or "2.16+legacy", with `extra` requirements.

    An extra one overrules the date: `--with keras==3.15.1` is newer than 2.16. Raises UsageError
    for a name that is none, with the nearest that is.
    """
    version, _, variant = name.partition("+")
    release = RELEASES.get(version)
    if release is None or variant not in ("", "legacy"):
        raise UsageError(f"unknown release: {name}", *advise(name, list(RELEASES)))
    if variant == "legacy":
        if version != "nightly" and tuple(map(int, version.split("."))) < (2, 16):
            raise UsageError(
                f"{version} has no legacy Keras", "its own Keras is a Keras 2",
                f"leave out +legacy: {version}",
            )  # fmt: skip
        package = "tf-keras-nightly" if version == "nightly" else f"tf-keras=={version}.*"
        release = replace(
            release, name=name, legacy_keras=True,
            newest=LEGACY_NEWEST.get(version, release.newest),
            requirements=(*release.requirements, package),
        )  # fmt: skip
    if extra:
        pinned = {name_package(each) for each in extra}
        kept = [each for each in release.requirements if name_package(each) not in pinned]
        spelled = " with ".join([name, *sorted(extra)])
        release = replace(release, name=spelled, requirements=(*kept, *extra), extra=extra)
    return release


def name_package(requirement: str) -> str:
    """Return the package a requirement is for; raises UsageError for what is no requirement."""
    try:
        return Requirement(requirement).name.lower()
    except InvalidRequirement as error:
        raise UsageError(
            f"not a requirement: {requirement!r}", str(error).splitlines()[0],
            "as pip writes it, such as --with keras==3.15.1",
        ) from error  # fmt: skip
