"""A copy of a model for a process that may change it, under a name that loaders accept.

Keras 3.0.5 opens a `.keras` for writing to read it; and code in the file may do what it likes.
"""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import EnvironmentUnusable, UsageError
from harness.formats.facts import (
    HDF5_MODEL,
    HDF5_WEIGHTS,
    KERAS_ARCHIVE,
    KERAS_FOLDER,
    WEIGHTS_H5,
    Unreadable,
    check_inside,
    open_regular,
    plain,
)
from harness.origin.who_wrote import Origin

SUFFIXES = {
    KERAS_ARCHIVE: (".keras",),
    HDF5_MODEL: (".h5", ".hdf5", ".keras"),
    HDF5_WEIGHTS: (".h5", ".hdf5"),
    WEIGHTS_H5: (".weights.h5",),
}
ARCHITECTURE = "architecture.json"  # beside the copy of a file of weights
EXPORTED = "exported"  # the SavedModel that its own release makes of it
PACKED = ("metadata.json", "config.json", "model.weights.h5")


def copy_model(origin: Origin, folder: Path, trusted: bool = False) -> Path:
    """Copy a model into the empty `folder`, and return the path to load: with a known suffix.

    An unpacked `.keras` is packed. The architecture of a file of weights is put beside the copy.
    Links of a SavedModel that lead out of its folder are refused, unless the file is `trusted`.
    Raises UsageError for what cannot be read, and EnvironmentUnusable if the disk is too small.
    """
    try:
        files = dict(find_files(origin, trusted))
        needed = sum((origin.path / name).stat().st_size for name in files)
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise EnvironmentUnusable(
                f"the model takes {needed >> 20} MiB, and {folder} has {free >> 20} MiB left",
                "the model is restored from a copy",
                "free some disk space, or name another disk with the variable TMPDIR",
            )
        return write_copy(origin, files, folder)
    except (Unreadable, OSError) as error:
        raise UsageError(
            f"{plain(origin.path, 400)} was not restored, because it cannot be copied",
            plain(error, 400),
            "give a model whose files are regular files in one folder that you may read",
        ) from error


def find_files(origin: Origin, trusted: bool) -> Iterator[tuple[str, Path]]:
    """Yield the files of a model: name in its folder ("" where it is one file), and path."""
    if origin.path.is_file():
        yield "", origin.path
        return
    for path in sorted(origin.path.rglob("*")):
        name = str(path.relative_to(origin.path))
        if path.is_dir() and not path.is_symlink():
            continue
        if origin.format == KERAS_FOLDER and name not in PACKED:
            continue
        if not trusted:
            check_inside(origin.path, name)
        if path.is_dir():
            raise Unreadable(f"{plain(name)} is a link to a folder")
        yield name, path


def write_copy(origin: Origin, files: dict[str, Path], folder: Path) -> Path:
    """Write what was found into `folder`; return the path of the copy."""
    if origin.format == KERAS_FOLDER:
        packed = folder / "model.keras"
        with zipfile.ZipFile(packed, "w") as archive:
            for name, path in files.items():
                with open_regular(path) as source, archive.open(name, "w") as target:
                    shutil.copyfileobj(source, target)
        return packed
    copy = folder / "model"
    if "" in files and (suffixes := SUFFIXES.get(origin.format)):
        suffix = origin.path.suffix
        copy = copy.with_suffix(suffix if suffix in suffixes else suffixes[0])
    places = {copy / name: path for name, path in files.items()}
    if origin.architecture:
        places[folder / ARCHITECTURE] = origin.architecture
    for place, path in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        with open_regular(path) as source, place.open("xb") as target:
            shutil.copyfileobj(source, target)
    return copy
