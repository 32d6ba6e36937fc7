"""The wire format of Protocol Buffers: fields of a message, no schema.

Source: protobuf.dev, "Encoding". `tensorflow` brings `protobuf`, but its message classes come with
TensorFlow itself; a dozen lines read the few fields that are needed, without copying the rest.
"""

from collections.abc import Iterator

from harness.formats.facts import Unreadable

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Buffer = memoryview | bytes
Value = int | memoryview


def read_varint(data: Buffer, position: int) -> tuple[int, int]:
    """Return (number, position behind it); raises Unreadable for one cut short or too long."""
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, position
    raise Unreadable("a number is cut short")


def iterate_fields(data: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield (field number, value) of a message; raises Unreadable where it is no message."""
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        kind, number = key & 7, key >> 3
        if number == 0:
            raise Unreadable("it is not a Protocol Buffers message")
        if kind == VARINT:
            value, position = read_varint(data, position)
            yield number, value
            continue
        if kind == BYTES:
            size, position = read_varint(data, position)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise Unreadable("it is not a Protocol Buffers message")
        if size > len(data) - position:
            raise Unreadable("a field is cut short")
        yield number, data[position : position + size]
        position += size


def find_messages(data: memoryview, *path: int) -> Iterator[memoryview]:
    """Yield every message (or string) at a path of field numbers, such as 2, 1 for 2.1."""
    for number, value in iterate_fields(data):
        if number == path[0] and isinstance(value, memoryview):
            if len(path) == 1:
                yield value
            else:
                yield from find_messages(value, *path[1:])


def find_text(data: memoryview, *path: int) -> str | None:
    """Return the first string at a path of field numbers, None where there is none."""
    found = next(find_messages(data, *path), None)
    return None if found is None else bytes(found[:4096]).decode("utf-8", "replace")
