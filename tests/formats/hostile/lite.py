"""TF-Lite files, written as FlatBuffers by hand: well-formed, or with a value out of its place."""

import struct
from pathlib import Path
from typing import Any

from tests.formats.hostile.base import ANY, ESCAPE, add, raw

Table = dict[int, Any]
FORMS = {"b": 1, "i": 4, "I": 4, "Q": 8}


def lite(model: Table) -> bytes:
    """Return a FlatBuffer of nested tables, each a dict of fields by number.

    A value is a table, a list of tables, a text, bytes (a vector of them), or (form, number):
    ("4f", [...]) and ("8i", [...]) are vectors of numbers.
    """
    data = bytearray(struct.pack("<I", 0) + b"TFL3")
    struct.pack_into("<I", data, 0, write_table(data, model))
    return bytes(data)


def align(data: bytearray) -> int:
    data += bytes(-len(data) % 8)
    return len(data)


def write_table(data: bytearray, table: Table) -> int:
    """Append a table behind its vtable, then what it points to; return its place."""
    fields = max(table, default=-1) + 1
    sizes = {n: FORMS.get(v[0], 4) if isinstance(v, tuple) else 4 for n, v in table.items()}
    place, offsets = 4, {}
    for number, size in sizes.items():
        place += -place % size
        offsets[number] = place
        place += size
    vtable = align(data)
    listed = [offsets.get(number, 0) for number in range(fields)]
    data += struct.pack(f"<HH{fields}H", 4 + 2 * fields, place, *listed)
    at = align(data)
    data += struct.pack("<i", at - vtable) + bytes(place - 4)
    for number, value in table.items():
        if isinstance(value, tuple) and value[0] in FORMS:
            struct.pack_into(f"<{value[0]}", data, at + offsets[number], value[1])
        else:
            target = write_value(data, value)
            here = at + offsets[number]
            struct.pack_into("<I", data, here, target - here)
    return at


def write_value(data: bytearray, value: Any) -> int:
    """Append a table, a text or a vector; return its place."""
    if isinstance(value, dict):
        return write_table(data, value)
    if isinstance(value, str | bytes):
        content = value.encode() if isinstance(value, str) else value
        at = align(data)
        data += struct.pack("<I", len(content)) + content + b"\0"
        return at
    if isinstance(value, tuple):
        form, numbers = value
        data += bytes(-(len(data) + 4) % 8)
        at = len(data)
        data += struct.pack("<I", len(numbers)) + struct.pack(
            f"<{len(numbers)}{form[-1]}", *numbers
        )
        return at
    at = align(data)
    data += struct.pack("<I", len(value)) + bytes(4 * len(value))
    for number, each in enumerate(value):
        here = at + 4 + 4 * number
        struct.pack_into("<I", data, here, write_value(data, each) - here)
    return at


def ints(*numbers: int) -> tuple[str, list[int]]:
    return ("vi", [*numbers])


def quantised(scales: list[float], points: list[int], axis: int = 0) -> Table:
    return {2: ("vf", scales), 3: ("vq", points), 6: ("i", axis)}


def tensor(name: str, kind: int, shape: tuple[int, ...], buffer: int = 0, how: Any = None) -> Table:
    found = {0: ints(*shape), 1: ("b", kind), 2: ("I", buffer), 3: name}
    return found | ({4: how} if how else {})


def model(
    tensors: list[Table], buffers: list[bytes], operators: list[Table], codes: list[Table]
) -> Table:
    graph = {0: tensors, 1: ints(0), 2: ints(len(tensors) - 1), 3: operators}
    held: list[Table] = [{}, *({0: each} for each in buffers)]
    return {0: ("I", 3), 1: codes, 2: [graph], 4: held}


FLOAT32, FLOAT16, INT32, INT8 = 0, 1, 2, 9
DENSE, SOFTMAX, DEQUANTIZE = 9, 25, 6


def dense_model(
    kernel: bytes,
    kind: int = FLOAT32,
    how: Any = None,
    units: int = 2,
    code: int = DENSE,
    **more: Any,
) -> Table:
    """A network of one layer: four features, `units` outputs."""
    tensors = [
        tensor(more.get("name", "x"), FLOAT32, (1, 4)),
        tensor("kernel", kind, more.get("shape", (units, 4)), 1, how),
        tensor("y", FLOAT32, (1, units), 0, more.get("out")),
    ]
    operators = [{0: ("I", 0), 1: ints(*more.get("fed", (0, 1))), 2: ints(2)}]
    return model(tensors, [kernel], operators, [{0: ("b", code), 3: ("i", code)}])


KERNEL = struct.pack("<8f", *range(1, 9))
for name, (expected, made) in {
    "with a short tensor": (ANY, dense_model(KERNEL[:-4])),
    "with a tensor of a huge shape": (ANY, dense_model(KERNEL, shape=(1 << 30, 1 << 30))),
    "with a negative shape": (ANY, dense_model(KERNEL, shape=(-1, 4))),
    "with scales of another length": (
        ANY,
        dense_model(bytes(8), INT8, quantised([1.0] * 5, [0] * 5)),
    ),
    "with scales that are not finite": (
        ANY,
        dense_model(bytes(8), INT8, quantised([float("nan")], [1 << 62])),
    ),
    "with an axis out of place": (ANY, dense_model(bytes(8), INT8, quantised([1.0] * 2, [0], 9))),
    "with an unknown dtype": (ANY, dense_model(KERNEL, 99)),
    "with an operator that feeds on nothing": (ANY, dense_model(KERNEL, fed=(0, 99))),
    "with an unknown operator": (ANY, dense_model(KERNEL, code=120)),
    "with an escape in a tensor": (ANY, dense_model(KERNEL, name=f"x{ESCAPE}<b>")),
}.items():
    add(f"TF-Lite {name}", expected, lambda path, made=made: raw(path, "m.tflite", lite(made)))


def flipped(path: Path) -> Path:
    content = bytearray(lite(dense_model(KERNEL)))
    for place in range(8, len(content), 7):
        content[place] ^= 0x41
    return raw(path, "m.tflite", bytes(content))


add("TF-Lite with flipped bits", ANY, flipped)
add("TF-Lite cut short", ANY, lambda path: raw(path, "m.tflite", lite(dense_model(KERNEL))[:200]))
