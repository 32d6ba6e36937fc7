"""Checkpoints, TF-Lite files, and what is no model."""

import json
import os
import pickle
import struct
from pathlib import Path

from tests.formats.hostile.base import (
    ANY,
    ESCAPE,
    PLAIN,
    REFUSED,
    UNSAFE,
    add,
    graph_def,
    keras_zip,
    layer,
    meta_graph,
    node_def,
    plain_graph,
    raw,
    saved_model,
    sequential,
    varint,
)

# Other files.


def fifo(path: Path) -> Path:
    os.mkfifo(path / "model.h5")
    return path / "model.h5"


def block(entries: bytes) -> bytes:
    content = entries + struct.pack("<II", 0, 1)
    return content + bytes(5)


def table(entries: bytes) -> bytes:
    data = block(entries)
    handle = varint(0) + varint(len(data) - 5)
    index = block(b"\0" + varint(1) + varint(len(handle)) + b"z" + handle)
    footer = varint(0) * 2 + varint(len(data)) + varint(len(index) - 5)
    return data + index + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def growing(count: int, size: int) -> bytes:
    found, length = b"", 0
    for _ in range(count):
        found += varint(length) + varint(size) + varint(0) + b"k" * size
        length += size
    return found


def checkpoint(path: Path, entries: bytes) -> Path:
    (path / "c.index").write_bytes(table(entries))
    return path / "c.index"


def linked_shard(path: Path) -> Path:
    made = checkpoint(path, b"\0\0\0")
    (path / "c.data-00000-of-00001").symlink_to("/etc/hostname")
    return made


def fifo_shard(path: Path) -> Path:
    made = checkpoint(path, b"\0\0\0")
    os.mkfifo(path / "c.data-00000-of-00001")
    return made


def tflite(path: Path, buffers: int, entries: int) -> Path:
    """Tables of so many buffers and metadata entries, all of them the same."""
    size = 64 + 4 * (buffers + entries)
    data = bytearray(size + 64)
    data[:8] = struct.pack("<I", 32) + b"TFL3"
    struct.pack_into("<HH7H", data, 8, 18, 16, 0, 0, 0, 0, 4, 0, 8)  # the model's vtable
    struct.pack_into("<iII", data, 32, 24, 20, 24 + 4 * buffers)
    struct.pack_into("<I", data, 56, buffers)
    struct.pack_into("<I", data, 64 + 4 * buffers, entries)
    return raw(path, "m.tflite", bytes(data))


add("FIFO", REFUSED, fifo)
add("device", REFUSED, lambda _: Path("/dev/zero"))
add("checkpoint whose key grows", ANY, lambda path: checkpoint(path, growing(20_000, 120)))
add("checkpoint of many keys", ANY, lambda path: checkpoint(path, b"\0\1\0k" * 400_000))
add("checkpoint with a linked shard", REFUSED, linked_shard)
add("checkpoint with a FIFO shard", REFUSED, fifo_shard)
add("checkpoint with an escape in a key", ANY, lambda p: checkpoint(p, b"\0\x05\0" + b"\x1b[31m"))
add("checkpoint that is only a footer", REFUSED, lambda p: raw(p, "c.index", table(b"")[-48:]))
add("TF-Lite of many tables", ANY, lambda path: tflite(path, 4_000_000, 4_000_000))
add(
    "TF-Lite that points outside",
    REFUSED,
    lambda p: raw(p, "m.tflite", b"\xff\xff\xff\x7fTFL3" * 9),
)
add("pickle", REFUSED, lambda path: raw(path, "m.pkl", pickle.dumps({"a": 1})))
add("empty file", REFUSED, lambda path: raw(path, "m.keras", b""))
add("random bytes", REFUSED, lambda path: raw(path, "m.h5", bytes(range(256)) * 16))
add("escape in the path", REFUSED, lambda path: raw(path, f"m{ESCAPE}.h5", b"x"))
add("escape in a class", ANY, lambda path: keras_zip(path, sequential(layer(f"Mine{ESCAPE}"))))
add(
    "escape in the version",
    ANY,
    lambda path: raw(path, "m.json", json.dumps(PLAIN | {"keras_version": ESCAPE}).encode()),
)
add(
    "escape in an op",
    UNSAFE,
    lambda p: saved_model(p, meta_graph(graph_def(node_def("x", ESCAPE)))),
)
add(
    "escape in TensorFlow's version",
    ANY,
    lambda path: saved_model(path, meta_graph(plain_graph, version=ESCAPE)),
)
