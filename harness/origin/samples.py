"""Arrays that a user gives: inputs for a model, and the predictions that are expected."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from harness.errors import UsageError
from harness.formats.facts import is_bomb
from harness.verdicts.statistics import Array

UNNAMED = ""  # the array of a `.npy`
MAGIC = (b"\x93NUM", b"PK\x03\x04")  # how a `.npy` and an `.npz` begin


def read_samples(path: Path, option: str) -> dict[str, Array]:
    """Return the arrays of a `.npy` or `.npz` by name; nothing is unpickled.

    Raises UsageError for what is no such file. `option` is the one that names the file.
    """
    tip = f"{option} needs a .npy file, or an .npz with one array for each name"
    if not path.is_file():
        raise UsageError(f"there is no file {path}", "", tip)
    try:
        with path.open("rb") as file:  # numpy leaves a damaged archive open
            check_spread(file)
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {UNNAMED: loaded}
            arrays = {name: loaded[name] for name in loaded.files}
    except Exception as error:  # numpy, zipfile and zlib raise a dozen kinds for damaged bytes
        said = str(error)
        if "pickle" in said:  # numpy advises to load it unsafely
            said = explain_pickle(path)
        raise UsageError(f"{path} holds no readable arrays", said, tip) from error
    if not arrays:
        raise UsageError(f"{path} holds no arrays", "", tip)
    return arrays


def explain_pickle(path: Path) -> str:
    """Return why numpy takes a file for pickled objects: it holds some, or is no file of numpy."""
    with path.open("rb") as file:
        if file.read(4) not in MAGIC:
            return "it is no file that np.save or np.savez wrote"
    return "it holds Python objects, which are not opened: save numbers or words"


def check_spread(file: BinaryIO) -> None:
    """Raise ValueError for an archive whose few bytes unpack to far too many."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
        packed = sum(member.compress_size for member in members)
        if is_bomb(unpacked := sum(member.file_size for member in members), packed):
            raise ValueError(f"{packed} bytes in it unpack to {unpacked / 2**30:.1f} GiB")
    file.seek(0)


def order_samples(samples: dict[str, Array], names: Sequence[str]) -> list[Array]:
    """Return arrays in the order of `names`, where they have these names; else as they stand."""
    if set(samples) == set(names):
        return [samples[name] for name in names]
    return list(samples.values())
