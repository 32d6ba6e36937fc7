"""A record for others to read: nothing in it steers a terminal or turns a text round."""

from typing import Any, TypeVar

import msgspec

from harness.errors import printable

Record = TypeVar("Record", bound=msgspec.Struct)


def clean_record(record: Record) -> Record:
    """Return a record in which every text is printable."""
    return msgspec.convert(clean_value(msgspec.to_builtins(record)), type(record))


def clean_value(value: Any) -> Any:
    """Return a value with all of its texts printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [clean_value(each) for each in value]
    if isinstance(value, dict):
        return {printable(key): clean_value(each) for key, each in value.items()}
    return value
