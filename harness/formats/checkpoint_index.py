"""The `.index` of a checkpoint: the names of its tensors, and whether its data files are whole.

Messages: tensorflow/core/protobuf/tensor_bundle.proto. BundleHeaderProto, under the empty key, says
how many data files there are; BundleEntryProto says where in them a tensor stands.
"""

from collections.abc import Iterator
from pathlib import Path

from harness.formats.facts import (
    MOST_MEMBERS,
    Unreadable,
    open_member,
    open_regular,
    plain,
    read_limited,
)
from harness.formats.leveldb import LARGEST_TABLE, iterate_entries
from harness.formats.wire import find_number, iterate_fields

MOST_MEASURED = 20_000  # entries whose place is looked at; the largest models have ten thousand
POINTER = b"version https://git-lfs"


def read_index(index: Path) -> tuple[list[str], list[str]]:
    """Return the names of the tensors, and a sentence for each data file that is not whole.

    Raises Unreadable where the index is damaged, or a data file leads out of the folder.
    """
    with open_regular(index) as stream:
        table = read_limited(stream, LARGEST_TABLE, "the index")
    names: list[str] = []
    needed: dict[int, int] = {}
    files = 1
    for key, entry in iterate_entries(table):
        if not key:
            files = find_number(entry, 1) or 1
            continue
        names.append(key.decode("utf-8", "replace"))
        if len(names) <= MOST_MEASURED:
            file, end = find_place(entry)
            needed[file] = max(needed.get(file, 0), end)
    if files > MOST_MEMBERS:
        raise Unreadable(f"the index names {files} data files")
    return names, list(find_missing(index.with_suffix(""), files, needed))


def find_place(entry: memoryview) -> tuple[int, int]:
    """Return the number of the data file that holds a tensor, and where in it the tensor ends."""
    numbers = {number: value for number, value in iterate_fields(entry) if isinstance(value, int)}
    return numbers.get(3, 0), numbers.get(4, 0) + numbers.get(5, 0)


def find_missing(prefix: Path, files: int, needed: dict[int, int]) -> Iterator[str]:
    """Yield a sentence for each data file that is absent or too short; none of them is read."""
    for number in range(files):
        name = f"{prefix.name}.data-{number:05d}-of-{files:05d}"
        path = prefix.parent / name
        if not path.exists() and not path.is_symlink():
            yield f"{plain(name)} is missing: it holds the values of the variables"
            continue
        with open_member(prefix.parent, name) as stream:
            pointer = stream.read(len(POINTER)) == POINTER
            size = stream.seek(0, 2)
        if pointer:
            yield f"{plain(name)} is a pointer of Git LFS: git lfs pull brings the file"
        elif size < needed.get(number, 0):
            yield f"{plain(name)} has {size} bytes, and {needed[number]} are needed"
