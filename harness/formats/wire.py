"""The wire format of Protocol Buffers: the fields of a message, without its schema.

Source: protobuf.dev, "Encoding". `tensorflow` brings `protobuf`, but its message classes come with
TensorFlow itself; a dozen lines read the few fields that are needed, without copying the rest.
"""

from collections.abc import Iterator

from harness.formats.facts import Unreadable

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5
MOST_FIELDS = 500_000  # of one message; the largest graphs have some ten thousand nodes
DEEPEST_MESSAGE = 100  # messages inside one another; Protocol Buffers' own readers stop there too
Buffer = memoryview | bytes


def read_varint(data: Buffer, position: int) -> tuple[int, int]:
    """Return (number, position after it); raises Unreadable if it is truncated or too long."""
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, position
    raise Unreadable("a number is truncated")


def iterate_fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (field number, value) of a message; raises Unreadable if it is not a message."""
    position, end = 0, len(data)
    while position < end:
        key = data[position]  # nearly every number takes one byte
        if key < 128:
            position += 1
        else:
            key, position = read_varint(data, position)
        kind, number = key & 7, key >> 3
        if number == 0:
            raise Unreadable("it is not a Protocol Buffers message")
        if kind == VARINT:
            value, position = read_varint(data, position)
            yield number, value
            continue
        if kind == LENGTH_DELIMITED:
            size = data[position] if position < end else 128
            if size < 128:
                position += 1
            else:
                size, position = read_varint(data, position)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise Unreadable("it is not a Protocol Buffers message")
        if size > end - position:
            raise Unreadable("a field is truncated")
        yield number, data[position : position + size]
        position += size


def split_message(data: memoryview, *once: int) -> dict[int, list[int | memoryview]]:
    """Return a message's values by field number; raises Unreadable if one of `once` is given twice.

    TensorFlow takes the last of two texts and merges two messages, so two values would be read
    here in another way than there.
    """
    found: dict[int, list[int | memoryview]] = {}
    for count, (number, value) in enumerate(iterate_fields(data)):
        if count > MOST_FIELDS:
            raise Unreadable(f"a message of it has more than {MOST_FIELDS} fields")
        found.setdefault(number, []).append(value)
    for number in once:
        if len(found.get(number, ())) > 1:
            raise Unreadable(f"it gives field {number} of a message twice")
    return found


def messages_in(fields: dict[int, list[int | memoryview]], number: int) -> list[memoryview]:
    """Return the messages and texts of one field; raises Unreadable if it holds numbers."""
    found = [value for value in fields.get(number, ()) if isinstance(value, memoryview)]
    if len(found) < len(fields.get(number, ())):
        raise Unreadable(f"field {number} of a message is not a text")
    return found


def text_in(fields: dict[int, list[int | memoryview]], number: int) -> str:
    """Return the text of one field; "" if it is absent, since writers leave out an empty text."""
    found = messages_in(fields, number)
    return decode_text(found[-1]) if found else ""


def decode_text(data: memoryview) -> str:
    """Return a text; raises Unreadable if it is not UTF-8, which Protocol Buffers refuse too."""
    try:
        return bytes(data).decode()
    except UnicodeDecodeError as error:
        raise Unreadable("a text in a message is not UTF-8") from error


def find_messages(data: memoryview, *path: int) -> Iterator[memoryview]:
    """Yield every message (or string) at a path of field numbers, such as 2, 1 for 2.1."""
    for number, value in iterate_fields(data):
        if number == path[0] and isinstance(value, memoryview):
            if len(path) == 1:
                yield value
            else:
                yield from find_messages(value, *path[1:])


def find_text(data: memoryview, *path: int) -> str | None:
    """Return the first string at a path of field numbers, None if it is absent."""
    found = next(find_messages(data, *path), None)
    return None if found is None else bytes(found[:4096]).decode("utf-8", "replace")


def find_number(data: memoryview, number: int) -> int:
    """Return the value of a number field; 0 if it is absent, since writers leave out a 0."""
    found = 0
    for each, value in iterate_fields(data):
        if each == number:
            if not isinstance(value, int):
                raise Unreadable(f"field {number} of a message is not a number")
            found = value
    return found


def flatten_message(
    data: Buffer, path: str = "", depth: int = 1
) -> Iterator[tuple[str, int | bytes]]:
    """Yield (path of field numbers, value) of every innermost field, without its schema.

    Bytes that can be read as a message are read as a message. That includes a few short texts,
    which does no harm.
    """
    for number, value in iterate_fields(memoryview(data)):
        at = f"{path}.{number}"
        if isinstance(value, memoryview) and value and depth < DEEPEST_MESSAGE:
            try:
                yield from list(flatten_message(value, at, depth + 1))
                continue
            except Unreadable:
                pass
        yield at, value if isinstance(value, int) else bytes(value)


def collect_fields(data: Buffer) -> dict[str, list[int | bytes]]:
    """Return every innermost value by its path, sorted, so that repeated fields have no order.

    Keras takes layers and losses from sets, and TensorFlow writes maps, in an order that differs
    from process to process.
    """
    found: dict[str, list[int | bytes]] = {}
    for path, value in flatten_message(data):
        found.setdefault(path, []).append(value)
    return {path: sorted(values, key=repr) for path, values in found.items()}
