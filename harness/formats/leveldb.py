"""LevelDB's table format, read within bounds: the `.index` of a checkpoint is such a table.

Format: LevelDB's doc/table_format.md; tensorflow/core/lib/io/format.cc. The footer, 48 bytes, holds
the handles (offset and size) of two blocks and a magic number. The second block, the index, holds
the handle of every block of entries. Checksums are not verified. Damaged bytes raise Unreadable.
"""

from collections.abc import Iterable, Iterator

from harness.formats.facts import Unreadable
from harness.formats.wire import Buffer, read_varint

Entry = tuple[bytes, memoryview]  # key and value

FOOTER, TRAILER = 48, 5  # bytes; behind each block stand its compression and its checksum
MAGIC = bytes.fromhex("57fb808b247547db")
LARGEST_TABLE = 32 << 20  # bytes; its keys, written out, may take as much
MOST_ENTRIES = 200_000


def is_table(tail: Buffer) -> bool:
    """Return whether a file that ends in these bytes is a LevelDB table."""
    return len(tail) >= FOOTER and tail[-len(MAGIC) :] == MAGIC


def iterate_entries(table: bytes) -> Iterator[Entry]:
    """Yield (key, value) of every entry in order; a value is a view of the table, not a copy."""
    if len(table) > LARGEST_TABLE:
        raise Unreadable(f"the index is larger than {LARGEST_TABLE >> 20} MiB")
    yield from bound(iterate_table(memoryview(table)))


def read_first_entry(table: memoryview) -> Entry:
    """Return the first (key, value) of a table of any size; only what leads there is read."""
    for entry in iterate_table(table):
        return entry
    raise Unreadable("the index is empty")


def iterate_table(table: memoryview) -> Iterator[Entry]:
    """Yield (key, value) of every entry in order, read when it is asked for."""
    if not is_table(table[-FOOTER:]):
        raise Unreadable("it does not end as a checkpoint's index does")
    blocks, footer = table[:-FOOTER], table[-FOOTER:]
    _, _, position = read_handle(footer, 0)  # of the metaindex, which TensorFlow leaves empty
    offset, size, _ = read_handle(footer, position)
    index = bound(iterate_block(blocks, offset, size))
    for block in find_blocks(index):
        yield from iterate_block(blocks, *block)


def find_blocks(index: Iterable[Entry]) -> Iterator[tuple[int, int]]:
    """Yield (offset, size) of each block in the index; raise Unreadable if blocks overlap."""
    end = 0
    for _, handle in index:
        offset, size, _ = read_handle(handle, 0)
        if offset < end:
            raise Unreadable("the index is damaged: its blocks overlap")
        end = offset + size
        yield offset, size


def bound(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries; raise Unreadable if there are too many or their keys are too long."""
    length = 0  # keys that share their beginnings are much longer than the table
    for count, (key, value) in enumerate(entries, 1):
        length += len(key)
        if count > MOST_ENTRIES:
            raise Unreadable(f"the index holds more than {MOST_ENTRIES} entries")
        if length > LARGEST_TABLE:
            raise Unreadable(f"the names in the index take more than {LARGEST_TABLE >> 20} MiB")
        yield key, value


def read_handle(data: memoryview, position: int) -> tuple[int, int, int]:
    """Return (offset, size) of a block, and the position behind its handle."""
    offset, position = read_varint(data, position)
    size, position = read_varint(data, position)
    return offset, size, position


def iterate_block(blocks: memoryview, offset: int, size: int) -> Iterator[Entry]:
    """Yield (key, value) of one block; a key shares its beginning with the key before it."""
    if offset + size + TRAILER > len(blocks):
        raise Unreadable("the index is truncated")
    if blocks[offset + size]:
        raise Unreadable("the index is compressed, but TensorFlow never compresses the index")
    block = blocks[offset : offset + size]
    restarts = 4 * (1 + int.from_bytes(block[-4:], "little"))  # bytes at the end; keys whole there
    if restarts > size:
        raise Unreadable("the index is damaged: a block has more restarts than bytes")
    entries, position, key = block[: size - restarts], 0, b""
    while position < len(entries):
        shared, position = read_varint(entries, position)
        own, position = read_varint(entries, position)
        length, position = read_varint(entries, position)
        if shared > len(key) or own + length > len(entries) - position:
            raise Unreadable("the index is damaged: an entry points outside its block")
        key = key[:shared] + bytes(entries[position : position + own])
        yield key, entries[position + own : position + own + length]
        position += own + length
