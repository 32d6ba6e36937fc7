"""NumPy archives (`.npz`): weights by name, without a model and without a version."""

import zipfile
from pathlib import Path

from numpy.lib import format as npy

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
