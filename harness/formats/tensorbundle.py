"""Read checkpoints and SavedModels without TensorFlow: protocol buffers and tensor bundles.

A tensor bundle is `NAME.index`, a table of LevelDB's format, beside `NAME.data-00000-of-00001`
(tensorflow/core/util/tensor_bundle/tensor_bundle.h; tensorflow/core/lib/io/format.cc).
Every function raises ValueError where the bytes are not what they should be.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.formats.wire import iterate_fields, read_varint

STRING = 7
# tensorflow/core/framework/types.proto; another one is kept as bytes.
DTYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
FOOTER = 48  # bytes: two handles, padding, eight bytes of magic
MAGIC = bytes.fromhex("57fb808b247547db")


def read_fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (field number, int or bytes) of one protocol buffer message."""
    for number, value in iterate_fields(memoryview(data)):
        yield number, value if isinstance(value, int) else bytes(value)


def flatten_message(data: bytes, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path of field numbers, value) of every innermost field, without its schema.

    Bytes that can be read as a message are: a few short texts too, which does no harm.
    """
    for number, value in read_fields(data):
        at = f"{path}.{number}"
        if isinstance(value, bytes) and value:
            try:
                yield from list(flatten_message(value, at))
                continue
            except ValueError:
                pass
        yield at, value


def collect_fields(data: bytes) -> dict[str, list[Any]]:
    """Return every innermost value by its path, sorted: the order of repeated fields is lost.

    Keras takes layers and losses from sets, and TensorFlow writes maps, in an order that differs
    from process to process.
    """
    found: dict[str, list[Any]] = {}
    for path, value in flatten_message(data):
        found.setdefault(path, []).append(value)
    return {path: sorted(values, key=repr) for path, values in found.items()}


def read_block(data: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of one block; keys share what they begin with."""
    offset, at = read_varint(handle, 0)
    size, _ = read_varint(handle, at)
    block, kind = data[offset : offset + size], data[offset + size : offset + size + 1]
    if len(block) != size or kind != b"\0":
        raise ValueError("the index is compressed or cut short")
    restarts = int.from_bytes(block[-4:], "little")
    at, end, key = 0, size - 4 * (restarts + 1), b""
    while at < end:
        shared, at = read_varint(block, at)
        own, at = read_varint(block, at)
        length, at = read_varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def read_index(data: bytes) -> dict[str, bytes]:
    """Return the BundleEntryProto of every tensor, by its name."""
    footer = data[-FOOTER:]
    if footer[-8:] != MAGIC:
        raise ValueError("not the index of a tensor bundle")
    at = 0
    for _ in range(2):  # the handle of another table comes first
        _, at = read_varint(footer, at)
    entries = (
        entry for _, handle in read_block(data, footer[at:]) for entry in read_block(data, handle)
    )
    return {key.decode(): value for key, value in entries if key}


def read_bundle(index: bytes, data: bytes) -> dict[str, Any]:
    """Return every tensor by its name: an array, or for texts what their messages hold."""
    tensors: dict[str, Any] = {}
    try:
        for name, entry in read_index(index).items():
            tensors |= read_tensor(name, dict(read_fields(entry)), data)
    except TypeError as error:  # a number where a message should be, or the other way round
        raise ValueError(f"not the index of a tensor bundle: {error}") from error
    return tensors


def read_tensor(name: str, entry: dict[int, Any], data: bytes) -> dict[str, Any]:
    """Return one tensor by its name; a text by its name and the path of each of its fields."""
    dtype, offset, size = entry.get(1), entry.get(4, 0), entry.get(5, 0)
    shape = [dict(read_fields(each)).get(1, 0) for _, each in read_fields(entry.get(2, b""))]
    content = data[offset : offset + size]
    if len(content) != size:
        raise ValueError(f"{name} is cut short")
    if dtype in DTYPES:
        return {name: np.frombuffer(content, DTYPES[dtype]).reshape(shape)}
    if dtype != STRING or shape:
        return {name: content}
    length, at = read_varint(content, 0)  # then four bytes of a checksum
    fields = read_text(content[at + 4 : at + 4 + length])
    return {f"{name}{path}": values for path, values in fields.items()}


def read_text(text: bytes) -> dict[str, Any]:
    """Return a text's fields where it is a message, as the object graph is, else the text."""
    try:
        return collect_fields(text)
    except ValueError:
        return {"": text}
