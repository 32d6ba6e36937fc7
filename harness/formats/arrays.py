"""NumPy archives (`.npz`): weights by name, without a model and without a version."""

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from harness.formats.facts import (
    MOST_MEMBERS,
    NUMPY_WEIGHTS,
    Facts,
    Unreadable,
    add_once,
    is_bomb,
    plain,
)

MOST_HEADERS = 2000  # arrays that are looked at
MOST_SHOWN = 5
HEADER = 4096  # bytes of an array's header at most
PLAIN_KINDS = frozenset("biufcUS")  # numbers and words: nothing that needs unpickling


def is_numpy(members: list[str]) -> bool:
    """Return whether an archive holds arrays only."""
    return bool(members) and all(name.endswith(".npy") for name in members)


def read_numpy(archive: zipfile.ZipFile, path: Path) -> Facts:
    """Read the names, shapes and dtypes of the arrays; nothing is unpickled."""
    facts = Facts(NUMPY_WEIGHTS, str(path))
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise Unreadable(f"the archive holds {len(members)} members")
    packed = sum(member.compress_size for member in members)
    if is_bomb(unpacked := sum(member.file_size for member in members), packed):
        add_once(facts.dangers, f"{packed} bytes in it unpack to {unpacked / 2**30:.1f} GiB")
    shown = [spell_array(archive, member, facts) for member in members[:MOST_HEADERS]]
    more = f", and {len(members) - MOST_SHOWN} more" if len(members) > MOST_SHOWN else ""
    facts.evidence.append(f"{len(members)} arrays: {', '.join(shown[:MOST_SHOWN])}{more}")
    return facts


def spell_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, facts: Facts) -> str:
    """Return an array's name and shape; record one that only unpickling reads."""
    name = plain(member.filename.removesuffix(".npy"), 40)
    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(stream, max_header_size=HEADER)
    if dtype.hasobject:
        said = f"its array {name} is read by unpickling, which runs code"
        add_once(facts.dangers, said)
    return f"{name} ({', '.join(map(str, shape))})"


def decode_array(content: bytes) -> NDArray[Any]:
    """Return the array of a `.npy` file, which must hold no byte more and no byte less.

    Nothing is unpickled, and no memory is taken beyond the content. Raises ValueError with the end
    of a sentence.
    """
    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        shape, by_columns, dtype = npy.read_array_header_1_0(file)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("is no array") from error
    if version != (1, 0):
        raise ValueError("has another version of the format")
    if dtype.kind not in PLAIN_KINDS:
        raise ValueError("needs unpickling")
    start, number = file.tell(), math.prod(shape)
    if len(content) - start != number * dtype.itemsize:
        raise ValueError("is cut off")
    if number and not dtype.itemsize:  # a billion empty words take no byte here, and GiB later
        raise ValueError(f"holds {number} values without a byte")
    try:
        values = memoryview(content)[start:]
        return np.ndarray(shape, dtype, values, order="F" if by_columns else "C")
    except (ValueError, TypeError, OverflowError) as error:  # beyond numpy's dimensions
        raise ValueError(f"has the shape {plain(shape)}") from error
