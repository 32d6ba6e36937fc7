"""Read tensor bundles (TensorFlow's checkpoints) without TensorFlow: every tensor by its name.

A bundle is `NAME.index`, a LevelDB table, beside `NAME.data-00000-of-00001`
(tensorflow/core/util/tensor_bundle/tensor_bundle.h). The table's values are BundleEntryProto
(tensorflow/core/protobuf/tensor_bundle.proto). Damaged bytes raise Unreadable.
"""

from typing import Any

import numpy as np

from harness.formats.facts import Unreadable, plain
from harness.formats.leveldb import iterate_entries
from harness.formats.wire import collect_fields, find_messages, find_number, read_varint

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
CHECKSUM = 4  # bytes, behind the length of a text


def read_bundle(index: bytes, data: bytes) -> dict[str, Any]:
    """Return every tensor by its name: an array, or for a text the fields of its message."""
    tensors: dict[str, Any] = {}
    for key, entry in iterate_entries(index):
        if key:  # the first, empty key is the header
            tensors |= read_tensor(decode_name(key), entry, data)
    return tensors


def decode_name(key: bytes) -> str:
    """Return a tensor's name; raises Unreadable if the name is not text."""
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"the name {plain(key)} is not text") from error


def read_tensor(name: str, entry: memoryview, data: bytes) -> dict[str, Any]:
    """Return one tensor by its name; a text by its name and the path of each of its fields."""
    dtype, offset, size = (find_number(entry, field) for field in (1, 4, 5))
    shape = [find_number(dimension, 1) for dimension in find_messages(entry, 2, 2)]
    content = data[offset : offset + size]
    if len(content) != size:
        raise Unreadable(f"{plain(name)} is truncated")
    if dtype in DTYPES:
        try:
            return {name: np.frombuffer(content, DTYPES[dtype]).reshape(shape)}
        except (ValueError, OverflowError) as error:
            raise Unreadable(f"the size of {plain(name)} does not fit its shape") from error
    if dtype != STRING or shape:
        return {name: content}
    length, at = read_varint(content, 0)
    fields = collect_text(content[at + CHECKSUM : at + CHECKSUM + length])
    return {f"{name}{path}": values for path, values in fields.items()}


def collect_text(text: bytes) -> dict[str, Any]:
    """Return a text's fields if it is a message (as the object graph is), else the text."""
    try:
        return collect_fields(text)
    except Unreadable:
        return {"": text}
