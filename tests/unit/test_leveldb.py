"""LevelDB's tables: what a small writer wrote is read back, and damage is refused within bounds."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import PACKAGED
from harness.formats import leveldb
from harness.formats.facts import Unreadable
from harness.formats.leveldb import FOOTER, MAGIC, is_table, iterate_entries
from tests.unit.test_wire import write_varint

INDEXES = sorted((PACKAGED / "version" / "artifacts").rglob("*.index"))
KEYS = st.lists(st.binary(max_size=12), unique=True, max_size=40).map(sorted)
TABLES = KEYS.flatmap(
    lambda keys: st.tuples(
        st.just(keys), st.lists(st.binary(max_size=9), min_size=len(keys), max_size=len(keys))
    )
).map(lambda pair: list(zip(*pair, strict=True)))


def write_entry(shared, own, value):
    """Write one entry: how much of the key before it its key shares, and the rest of its key."""
    return b"".join(map(write_varint, (shared, len(own), len(value)))) + own + value


def write_block(entries, interval=16):
    """Write a block: keys share what they begin with, every `interval`-th stands whole."""
    block, restarts, before = b"", [], b""
    for number, (key, value) in enumerate(entries):
        shared = 0
        if number % interval == 0:
            restarts.append(len(block))
        else:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        block += write_entry(shared, key[shared:], value)
        before = key
    restarts = restarts or [0]
    return block + b"".join(each.to_bytes(4, "little") for each in (*restarts, len(restarts)))


def write_table(blocks, kind=b"\0"):
    """Write a table of these blocks, each with the key under which the index names it."""
    table, index = b"", []
    for key, block in blocks:
        index.append((key, write_varint(len(table)) + write_varint(len(block))))
        table += block + kind + b"sum."
    return write_index(table, write_block(index, interval=1))


def write_index(table, index):
    """Write the metaindex, the index and the footer behind the blocks of a table."""
    handles = b""
    for block in (write_block([]), index):
        handles += write_varint(len(table)) + write_varint(len(block))
        table += block + b"\0sum."
    return table + handles.ljust(FOOTER - len(MAGIC), b"\0") + MAGIC


def split(entries, size):
    """Write a table of blocks of `size` entries."""
    parts = [entries[at : at + size] for at in range(0, len(entries), size)]
    return write_table([(part[-1][0], write_block(part, interval=3)) for part in parts])


def read(table):
    return [(key, bytes(value)) for key, value in iterate_entries(table)]


@given(entries=TABLES, size=st.integers(1, 20))
def test_entries_that_were_written_are_read_back(entries, size):
    assert read(split(entries, size)) == entries


@given(entries=TABLES, data=st.data())
def test_a_table_that_is_cut_short_is_refused(entries, data):
    table = split(entries, 5)
    with pytest.raises(Unreadable):
        read(table[: data.draw(st.integers(0, len(table) - 1))])


@given(entries=TABLES, data=st.data())
def test_flipped_bits_raise_nothing_but_unreadable_and_the_reading_ends(entries, data):
    table = bytearray(split(entries, 5))
    for _ in range(data.draw(st.integers(1, 8))):
        table[data.draw(st.integers(0, len(table) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(Unreadable):
        # An entry takes three bytes, and no block is read twice.
        assert len(read(bytes(table))) <= len(table) / 3


@given(st.binary(max_size=300))
def test_random_bytes_before_the_magic_number_raise_nothing_but_unreadable(content):
    with contextlib.suppress(Unreadable):
        assert len(read(content + MAGIC)) <= len(content) / 3


@pytest.mark.parametrize("path", INDEXES, ids=lambda path: path.parts[-4])
def test_the_index_that_tensorflow_wrote_holds_a_header_and_sorted_names(path):
    table = path.read_bytes()
    keys = [key for key, _ in iterate_entries(table)]
    assert is_table(table[-FOOTER:])
    assert keys[0] == b""
    assert b"_CHECKPOINTABLE_OBJECT_GRAPH" in keys
    assert all(one < other for one, other in pairwise(keys))


WHOLE = write_block([(b"a", b"1")])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "does not end as"),
        (MAGIC, "does not end as"),
        (write_table([(b"a", WHOLE)], kind=b"\1"), "is compressed"),
        (write_table([(b"a", write_entry(1, b"", b"") + WHOLE[-8:])]), "points outside its block"),
        (write_table([(b"a", b"\0\x7f\0a" + WHOLE[-8:])]), "points outside its block"),
        (write_table([(b"a", b"\0\1\x7fa" + WHOLE[-8:])]), "points outside its block"),
        (write_table([(b"a", b"\0\1" + WHOLE[-8:])]), "a number is truncated"),
        (write_table([(b"a", WHOLE[:-4] + b"\xff\xff\xff\xff")]), "more restarts than bytes"),
        (write_table([(b"a", b"")]), "more restarts than bytes"),
        (write_index(b"", write_block([(b"a", b"\xff\x7f\4")])), "is truncated"),
        (write_index(b"", write_block([(b"a", b"")])), "a number is truncated"),
    ],
)
def test_what_leads_out_of_its_place_is_named(table, words):
    with pytest.raises(Unreadable, match=words):
        read(table)


def test_a_block_that_the_index_names_twice_is_refused():
    handle = write_varint(0) + write_varint(len(WHOLE))
    index = write_block([(b"a", handle), (b"b", handle)])
    with pytest.raises(Unreadable, match="overlap"):
        read(write_index(WHOLE + b"\0sum.", index))


def test_more_entries_than_any_checkpoint_has_are_refused(monkeypatch):
    entries = [(bytes([each]), b"") for each in range(6)]
    assert len(read(split(entries, 2))) == 6
    monkeypatch.setattr(leveldb, "MOST_ENTRIES", 5)
    with pytest.raises(Unreadable, match="more than 5 entries"):
        read(split(entries, 2))


def test_a_table_larger_than_any_checkpoints_is_refused(monkeypatch):
    table = split([(b"a", b"1")], 1)
    monkeypatch.setattr(leveldb, "LARGEST_TABLE", len(table) - 1)
    with pytest.raises(Unreadable, match="larger than"):
        read(table)


def grow_keys(values):
    """Write a block whose every key is the one before it and 1000 bytes more."""
    keys = [write_entry(1000 * at, b"x" * 1000, value) for at, value in enumerate(values)]
    return b"".join(keys) + WHOLE[-8:]


def test_keys_that_grow_by_what_they_share_are_refused_before_they_fill_the_memory():
    blocks = write_block([]) + b"\0sum."
    handles = [write_varint(at * len(blocks)) + write_varint(len(blocks) - 5) for at in range(1000)]
    many_entries = write_table([(b"a", grow_keys([b""] * 1000))])  # 1 MB, written out 500
    many_blocks = write_index(blocks * 1000, grow_keys(handles))
    for table in (many_entries, many_blocks):
        with pytest.raises(Unreadable, match="names in the index take more than"):
            for _ in iterate_entries(table):
                pass
