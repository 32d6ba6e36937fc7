"""Protocol Buffers read without a schema: harness/formats/wire.py."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.facts import Unreadable
from harness.formats.wire import (
    DEEPEST_MESSAGE,
    collect_fields,
    find_number,
    flatten_message,
    read_varint,
)

MESSAGE = b"\x08\x96\x01\x12\x04\x0a\x02\xff\xff\x12\x04\x0a\x02\xfe\xff"


def write_varint(number):
    """Write a number as Protocol Buffers and LevelDB do: seven bits a byte, the lowest first."""
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + write_varint(rest) if rest else bytes([low])


@given(st.integers(0, 2**64 - 1), st.binary(max_size=4))
def test_a_number_that_was_written_is_read_back_and_what_follows_is_left(number, behind):
    written = write_varint(number)
    assert read_varint(written + behind, 0) == (number, len(written))
    with pytest.raises(Unreadable):
        read_varint(written[:-1], 0)


def test_fields_are_found_by_the_path_of_their_numbers():
    assert list(flatten_message(MESSAGE)) == [
        (".1", 150),
        (".2.1", b"\xff\xff"),
        (".2.1", b"\xfe\xff"),
    ]
    assert collect_fields(MESSAGE)[".2.1"] == [b"\xfe\xff", b"\xff\xff"]


def test_a_number_that_is_left_out_is_0_and_a_message_is_no_number():
    assert find_number(memoryview(MESSAGE), 1) == 150
    assert find_number(memoryview(MESSAGE), 7) == 0
    with pytest.raises(Unreadable, match="not a number"):
        find_number(memoryview(MESSAGE), 2)


def test_messages_are_taken_apart_as_deep_as_protocol_buffers_readers_go():
    message = b"\x08\x01"
    for _ in range(2000):
        message = b"\x0a" + write_varint(len(message)) + message
    ((path, rest),) = flatten_message(message)
    assert path == ".1" * DEEPEST_MESSAGE
    assert message.endswith(rest)
    assert len(rest) > 1000


@given(st.binary(max_size=200))
def test_random_bytes_are_fields_or_unreadable(data):
    with contextlib.suppress(Unreadable):
        assert all(isinstance(value, int | bytes) for _, value in flatten_message(data))
