"""TensorFlow checkpoints: the names in the `.index`, a LevelDB table, and what they tell.

Format: LevelDB's doc/table_format.md; the last 48 bytes are a footer that ends in a magic number.
Keys: tensorflow/core/util/tensor_bundle. A checkpoint holds no version of TensorFlow or Keras.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from harness.formats.facts import CHECKPOINT, Facts, Unreadable, open_regular, plain, read_limited
from harness.formats.wire import read_varint

FOOTER, MAGIC = 48, 0xDB4775248B80FB57
LARGEST_INDEX = 256 << 20  # bytes
MOST_KEYS = 500_000
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def is_index(tail: bytes) -> bool:
    """Say whether a file's last bytes are those of a checkpoint's index."""
    return len(tail) >= FOOTER and struct.unpack("<Q", tail[-8:])[0] == MAGIC


def read_checkpoint(index: Path) -> Facts:
    """Read the names in a checkpoint; raises Unreadable where the index is damaged."""
    prefix = index.with_suffix("")
    facts = Facts(CHECKPOINT, str(prefix))
    with open_regular(index) as stream:
        data = read_limited(stream, LARGEST_INDEX, "the index")
    if not is_index(data):
        raise Unreadable(f"{plain(index.name)} does not end as a checkpoint's index does")
    keys = [each.decode("utf-8", "replace") for each in islice(iterate_keys(data), MOST_KEYS)]
    names = [key for key in keys if key]  # the first, empty key is the header
    mark_keys(names, facts)
    facts.evidence.append(f"{len(names)} entries in {plain(index.name)}, no version among them")
    if not list(prefix.parent.glob(f"{glob_escape(prefix.name)}.data-?????-of-?????")):
        facts.evidence.append(f"the data files of {plain(prefix.name)} are missing")
    return facts


def glob_escape(name: str) -> str:
    """Return a pattern that only `name` matches."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)


def iterate_keys(data: bytes) -> Iterator[bytes]:
    """Yield the keys of the table in order; raises Unreadable where a block is damaged."""
    position = len(data) - FOOTER
    for _ in range(2):  # the handle of the metaindex, which is skipped
        _, position = read_varint(data, position)
    offset, position = read_varint(data, position)
    size, _ = read_varint(data, position)
    for _, handle in iterate_block(data, offset, size):
        start, place = read_varint(handle, 0)
        length, _ = read_varint(handle, place)
        yield from (key for key, _ in iterate_block(data, start, length))


def iterate_block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of one block; keys share their beginnings with the one before."""
    if offset + size + 5 > len(data) or size < 4:
        raise Unreadable("the index is cut short")
    if data[offset + size]:
        raise Unreadable("the index is compressed, which TensorFlow's own never is")
    block = data[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    position, key = 0, b""
    while position < end:
        shared, position = read_varint(block, position)
        own, position = read_varint(block, position)
        length, position = read_varint(block, position)
        if shared > len(key) or position + own + length > end:
            raise Unreadable("the index is damaged")
        key = key[:shared] + block[position : position + own]
        yield key, block[position + own : position + own + length]
        position += own + length


def mark_keys(names: list[str], facts: Facts) -> None:
    """Note which Keras gave the names (measured, see origin)."""
    if OBJECT_GRAPH not in names:
        facts.mark("name-based")
    for name in names:
        parts = name.split("/")
        if any(part.startswith("layer_with_weights-") for part in parts):
            facts.mark("layer_with_weights")
        if "_operations" in parts or "_layers" in parts or "_functional" in parts:
            facts.mark("_operations")
        if ".OPTIMIZER_SLOT" in parts:
            facts.mark(".OPTIMIZER_SLOT")
        if "_iterations" in parts:
            facts.mark("_iterations")
        if "_trainable_variables" in parts:
            facts.mark("_trainable_variables")
