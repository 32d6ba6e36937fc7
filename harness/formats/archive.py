"""The `.keras` archive: a zip (or its unpacked folder) of metadata, configuration and weights."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from harness.formats.arrays import is_numpy, read_numpy
from harness.formats.config import read_config
from harness.formats.facts import (
    KERAS_ARCHIVE,
    KERAS_FOLDER,
    LARGEST_JSON,
    MOST_MEMBERS,
    Facts,
    Unreadable,
    add_once,
    check_members,
    is_bomb,
    open_member,
    open_regular,
    plain,
    read_json,
    read_limited,
    refuse_damage,
)
from harness.formats.hdf5 import mark_names, walk, with_file
from harness.formats.refusals import refuse_zip

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
LARGEST_UNPACKED = 96 << 20  # bytes of compressed weights that are unpacked to look into them
LOCAL_HEADER = 30  # bytes before a member's name
LINK, ENCRYPTED = 0o120000, 1  # a member's type as Unix has it, and its flag


def read_archive(path: Path) -> Facts:
    """Read a `.keras` file; raises Unreadable if it is another format or damaged."""
    facts = Facts(KERAS_ARCHIVE, str(path))
    with (
        open_regular(path) as stream,
        refuse_damage("the zip archive"),
        zipfile.ZipFile(stream) as archive,
    ):
        if is_numpy(archive.namelist()):
            return read_numpy(archive, path)
        check_archive(archive, facts)
        read_parts(lambda name: open_in_zip(archive, name), facts)
    return facts


def read_unpacked(folder: Path) -> Facts:
    """Read the folder that a `.keras` archive was unpacked into."""
    facts = Facts(KERAS_FOLDER, str(folder))
    check_members(folder)
    for each in folder.iterdir():
        note_member(each.name + "/" if each.is_dir() else each.name, facts)
    read_parts(lambda name: open_in_folder(folder, name), facts)
    return facts


def open_in_folder(folder: Path, name: str) -> BinaryIO:
    """Open a part of an unpacked archive; raises KeyError if it is absent, as a zip does."""
    if not (folder / name).exists():
        raise KeyError(name)
    return open_member(folder, name)


class Window(io.RawIOBase):
    """A member that is not compressed, in place: zipfile's own reads it anew for a step back."""

    def __init__(self, stream: BinaryIO, member: zipfile.ZipInfo) -> None:
        """Raise Unreadable if the sizes of the member do not agree."""
        if member.file_size != member.compress_size:
            raise Unreadable(f"the sizes of its member {plain(member.filename)} do not agree")
        stream.seek(member.header_offset)
        header = stream.read(LOCAL_HEADER)
        lengths = struct.unpack_from("<HH", header, LOCAL_HEADER - 4)  # of name and extra field
        self.start = member.header_offset + LOCAL_HEADER + sum(lengths)
        self.stream, self.size, self.place = stream, member.file_size, 0

    def readable(self) -> bool:
        """Return True, as BinaryIO asks."""
        return True

    def seekable(self) -> bool:
        """Return True, as HDF5 asks."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place in the member, and return the place."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(0, origin + offset)
        return self.place

    def tell(self) -> int:
        """Return the place in the member."""
        return self.place

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from here on; return how many bytes were read."""
        wanted = max(0, min(len(buffer), self.size - self.place))
        self.stream.seek(self.start + self.place)
        data = self.stream.read(wanted)
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)


def check_archive(archive: zipfile.ZipFile, facts: Facts) -> None:
    """Raise Unreadable for a zip that is not a Keras archive; record dangerous members."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(names) > MOST_MEMBERS:
        raise Unreadable(f"the archive holds {len(names)} members")
    if not {METADATA, CONFIG} <= set(names):
        raise refuse_zip(names, Path(facts.path))
    for member in members:
        note_member(member.filename, facts)
        if member.flag_bits & ENCRYPTED:
            raise Unreadable(f"its member {plain(member.filename)} is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(f"its member {plain(member.filename)} is compressed in another way")
        if member.external_attr >> 16 & 0o170000 == LINK:
            add_once(facts.dangers, f"its member {plain(member.filename)} is a link")
    if len({name.replace("\\", "/").casefold() for name in names}) < len(names):
        add_once(
            facts.dangers,
            "it holds two members of the same name, and loaders differ in which of them they read",
        )
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if is_bomb(unpacked, packed):
        add_once(facts.dangers, f"{packed} bytes in it unpack to {unpacked / 2**30:.1f} GiB")


def note_member(name: str, facts: Facts) -> None:
    """Record a member that no Keras writes, or that would be unpacked elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name.partition("/")[0]:
        add_once(
            facts.dangers,
            f"its member {plain(name)} would be unpacked outside the target"
            " folder (CVE-2025-12638)",
        )
    elif parts and parts[-1].endswith((".npz", ".npy", ".pkl", ".pickle")):
        said = f"its member {plain(name)} is read by unpickling, which runs code"
        add_once(facts.dangers, said)
    elif name not in (METADATA, CONFIG, WEIGHTS, "assets") and not name.startswith("assets/"):
        add_once(facts.dangers, f"its member {plain(name)} is none that Keras writes")


def open_in_zip(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    """Open a member: directly if it is not compressed, else unpacked in memory up to a limit."""
    member = archive.getinfo(name)
    stream = archive.open(member)
    if member.compress_type == zipfile.ZIP_STORED and archive.fp is not None:
        stream.close()
        return Window(archive.fp, member)  # type: ignore[arg-type, return-value]
    with stream:
        return io.BytesIO(read_limited(stream, LARGEST_UNPACKED, f"its member {name}"))  # type: ignore[arg-type]


def read_parts(open_part: Callable[[str], BinaryIO], facts: Facts) -> None:
    """Add the facts in the metadata, the configuration and the weights to `facts`."""
    metadata = load_json(open_part, METADATA)
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    if not isinstance(version, str):
        raise Unreadable("its metadata.json names no keras_version")
    facts.keras = version
    facts.evidence.append(f"metadata.json, keras_version: {plain(version)}")
    if metadata.get("date_saved"):
        facts.evidence.append(f"metadata.json, date_saved: {plain(metadata['date_saved'])}")
    read_config(load_json(open_part, CONFIG), facts)
    try:
        weights = open_part(WEIGHTS)
    except KeyError:
        facts.evidence.append(
            f"there is no member {WEIGHTS}: the weights are missing or have another format"
        )
        return
    with weights:
        size = weights.seek(0, io.SEEK_END)
        weights.seek(0)
        with_file(weights, lambda file: mark_names(walk(file, size, facts), facts))


def load_json(open_part: Callable[[str], BinaryIO], name: str) -> Any:
    """Return the JSON value of one part; raises Unreadable for a huge or damaged one."""
    with open_part(name) as stream:
        return read_json(read_limited(stream, LARGEST_JSON, f"its {name}"), f"its {name}")
