"""Archives: members, bombs, and files of two formats."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.formats.hostile.base import (
    AS_LIST,
    ESCAPE,
    MARK,
    PLAIN,
    REFUSED,
    UNSAFE,
    add,
    cut,
    keras_h5,
    keras_zip,
    layer,
    sequential,
)

# Archives.


def archive(name: str, expected: str, write: Callable[[zipfile.ZipFile], object]) -> None:
    """Add a .keras file with further members."""

    def make(path: Path) -> Path:
        made = keras_zip(path, PLAIN)
        with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as opened:
            write(opened)
        return made

    add(f"archive with {name}", expected, make)


def pickled_npz() -> bytes:
    class Mark:
        def __reduce__(self) -> tuple[Any, ...]:
            return exec, (MARK,)

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
        npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
        opened.writestr("__root__.npy", npy + pickle.dumps(Mark()))
    return stream.getvalue()


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


archive("pickled weights", UNSAFE, lambda z: z.writestr("model.weights.npz", pickled_npz()))
archive("a member above", UNSAFE, lambda z: z.writestr("../marker", "x"))
archive("a member above in assets", UNSAFE, lambda z: z.writestr("assets/../../marker", "x"))
archive("an absolute member", UNSAFE, lambda z: z.writestr("/tmp/marker", "x"))
archive("a member of Windows", UNSAFE, lambda z: z.writestr("..\\marker", "x"))
archive("a drive of Windows", UNSAFE, lambda z: z.writestr("C:/marker", "x"))
archive("a link", UNSAFE, lambda z: z.writestr(linked("assets/link"), "/etc/hostname"))
archive("an unknown member", UNSAFE, lambda z: z.writestr("setup.py", MARK))
archive("a pickle in assets", UNSAFE, lambda z: z.writestr("assets/tokens.pkl", b"\x80\x04N."))
archive("a member in capitals", UNSAFE, lambda z: z.writestr("Config.json", "{}"))
archive("many members", REFUSED, lambda z: [z.writestr(f"assets/{i}", "") for i in range(10_001)])
archive("a bomb in assets", UNSAFE, lambda z: bomb(z, "assets/zeros", 1100))
archive("a bomb as weights", REFUSED, lambda z: bomb(z, "model.weights.h5", 200))
archive("an escape in a member", UNSAFE, lambda z: z.writestr(f"assets{ESCAPE}", "x"))


def bomb(opened: zipfile.ZipFile, name: str, mebibytes: int) -> None:
    with opened.open(name, "w", force_zip64=True) as stream:
        for _ in range(mebibytes):
            stream.write(bytes(1 << 20))


def duplicate(path: Path) -> Path:

    made = keras_zip(path, PLAIN)
    with warnings.catch_warnings(), zipfile.ZipFile(made, "a") as opened:
        warnings.simplefilter("ignore")
        opened.writestr("config.json", json.dumps(sequential(layer("Lambda"))))
    return made


def patched(path: Path, old: bytes, new: bytes) -> Path:
    made = keras_zip(path, PLAIN)
    content = made.read_bytes()
    assert old in content
    made.write_bytes(content.replace(old, new))
    return made


def both(path: Path) -> Path:
    """An HDF5 file with a zip archive behind it."""
    made = keras_h5(path, PLAIN)
    packed = keras_zip(path, sequential(layer("Lambda", {"function": AS_LIST})))
    made.write_bytes(made.read_bytes() + packed.read_bytes())
    return made


def user_block(path: Path) -> Path:
    """A zip archive with HDF5 in it where HDF5's library looks: at byte 512."""
    content = bytearray(keras_zip(path, PLAIN, {"assets/a": bytes(4096)}).read_bytes())
    content[1024:1032] = b"\x89HDF\r\n\x1a\n"
    (path / "model.keras").write_bytes(content)
    return path / "model.keras"


def prefixed(path: Path) -> Path:
    made = keras_zip(path, PLAIN)
    made.write_bytes(b"#!/bin/sh\n" + made.read_bytes())
    return made


def encrypted(path: Path) -> Path:
    made = keras_zip(path, PLAIN)
    content = bytearray(made.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    made.write_bytes(content)
    return made


def bzipped(path: Path) -> Path:
    with zipfile.ZipFile(path / "model.keras", "w", zipfile.ZIP_BZIP2) as opened:
        opened.writestr("metadata.json", '{"keras_version": "3.6.0"}')
        opened.writestr("config.json", json.dumps(PLAIN))
    return path / "model.keras"


add("archive with two configurations", UNSAFE, duplicate)
add("archive and HDF5", REFUSED, both)
add("archive with HDF5 inside", REFUSED, user_block)
add("archive behind other bytes", REFUSED, prefixed)
add("archive that is encrypted", REFUSED, encrypted)
add("archive compressed otherwise", REFUSED, bzipped)
add("archive cut short", REFUSED, lambda path: cut(keras_zip(path, PLAIN)))
add(
    "archive without metadata",
    REFUSED,
    lambda path: patched(path, b"metadata.json", b"metadate.json"),
)
add("archive in a wrong place", REFUSED, lambda path: patched(path, b"PK\x03\x04", b"PK\x03\x05"))
