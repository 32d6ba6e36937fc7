"""TF-Lite models: the TensorFlow that converted them, if the file records it.

The file is a FlatBuffer; its fields are defined in tensorflow/lite/schema/schema.fbs (Model:
buffers 4, metadata 6) and conversion_metadata.fbs. Offsets are followed only inside the file.
"""

import mmap
import re
import struct
from pathlib import Path

from harness.formats.facts import TFLITE, Facts, Unreadable, add_once, open_regular, plain

IDENTIFIER = b"TFL3"  # at byte 4
MOST_METADATA, MOST_OPERATORS = 100, 1000
CUSTOM_OPS = "custom ops: "
# Custom ops that tf.lite.Interpreter registers (tensorflow/lite/kernels/register_ref.cc, 2.21).
BROUGHT = {"Mfcc", "AudioSpectrogram", "TFLite_Detection_PostProcess", "NumericVerify"}
LARGEST_TEXT = 1 << 20  # bytes of a name or of the metadata
Data = bytes | mmap.mmap | memoryview
VERSION = re.compile(r"\d+\.\d+[\w.+-]*")


def is_tflite(path: Path) -> bool:
    """Return whether a file says that it is a TF-Lite model."""
    try:
        with open_regular(path) as stream:
            return stream.read(8)[4:] == IDENTIFIER
    except (Unreadable, OSError):
        return False


def read_tflite(path: Path) -> Facts:
    """Read a TF-Lite file; raises Unreadable if an offset points outside the file."""
    facts = Facts(TFLITE, str(path))
    with open_regular(path) as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        note_custom_ops(data, facts)
        read_metadata(data, facts)
    except (struct.error, IndexError) as error:
        raise Unreadable(
            "the TF-Lite file is damaged: an offset points outside the file"
        ) from error
    if facts.tensorflow is None:
        facts.evidence.append("the TF-Lite file does not record which TensorFlow converted it")
    return facts


def note_custom_ops(data: Data, facts: Facts) -> None:
    """Record the operators that neither TF-Lite nor TensorFlow itself brings.

    Model.operator_codes is field 1, OperatorCode.custom_code field 1. Ops named Flex... are those
    of TensorFlow, which `tensorflow` runs.
    """
    codes = field(data, follow(data, 0), 1)
    custom: list[str] = []
    for code in items(data, follow(data, codes), MOST_OPERATORS) if codes is not None else []:
        name = field(data, code, 1)
        title = read_text(data, name) if name is not None else ""
        if title and title not in BROUGHT and not title.startswith("Flex"):
            add_once(custom, plain(title, 60))
    if custom:
        facts.evidence.append(f"{CUSTOM_OPS}{', '.join(custom)}")


def read_metadata(data: Data, facts: Facts) -> None:
    """Find the metadata by name; each points to a buffer, which holds a FlatBuffer or a text."""
    model = follow(data, 0)
    entries, buffers = field(data, model, 6), field(data, model, 4)
    if entries is None or buffers is None:
        return
    tables = follow(data, buffers)
    for entry in items(data, follow(data, entries), MOST_METADATA):
        name, number = field(data, entry, 0), field(data, entry, 1)
        title = read_text(data, name) if name is not None else ""
        place = struct.unpack_from("<I", data, number)[0] if number is not None else 0
        vector = field(data, item(data, tables, place), 0)
        if vector is None:
            continue
        content = read_bytes(data, follow(data, vector))
        if title == "CONVERSION_METADATA":
            environment = field(content, follow(content, 0), 0)
            version = environment and field(content, follow(content, environment), 0)
            if version:
                facts.tensorflow = read_text(content, version)
                said = plain(facts.tensorflow)
                facts.evidence.append(f"CONVERSION_METADATA, tensorflow_version: {said}")
        elif title == "min_runtime_version":
            least = content.split(b"\0")[0].decode("ascii", "replace")
            if VERSION.fullmatch(least):
                facts.evidence.append(f"min_runtime_version: TensorFlow {plain(least)} or newer")


def follow(data: Data, position: int) -> int:
    """Return the position to which the offset at `position` points."""
    return position + int(struct.unpack_from("<I", data, position)[0])


def field(data: Data, table: int, number: int) -> int | None:
    """Return the position of a table's field, None if the field is absent."""
    virtual = table - struct.unpack_from("<i", data, table)[0]
    if virtual < 0:
        raise IndexError
    size = struct.unpack_from("<H", data, virtual)[0]
    if 4 + 2 * number + 2 > size:
        return None
    offset = struct.unpack_from("<H", data, virtual + 4 + 2 * number)[0]
    return table + offset if offset else None


def items(data: Data, vector: int, most: int) -> list[int]:
    """Return the positions of the first tables in a vector."""
    count = struct.unpack_from("<I", data, vector)[0]
    return [item(data, vector, each) for each in range(min(count, most))]


def item(data: Data, vector: int, number: int) -> int:
    """Return the position of one table in a vector; raises IndexError if there are fewer."""
    if number >= struct.unpack_from("<I", data, vector)[0]:
        raise IndexError
    return follow(data, vector + 4 + 4 * number)


def read_bytes(data: Data, vector: int) -> bytes:
    """Return the content of a vector of bytes; raises IndexError if it is a long one."""
    size = struct.unpack_from("<I", data, vector)[0]
    if size > LARGEST_TEXT:
        raise IndexError
    return bytes(data[vector + 4 : vector + 4 + size])


def read_text(data: Data, position: int) -> str:
    """Return the string whose offset is at `position`."""
    return read_bytes(data, follow(data, position)).decode("utf-8", "replace")
