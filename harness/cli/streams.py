"""Standard streams that no shell takes away: a command does its work, whoever reads it."""

import io
import os
import sys
from typing import Any


class Unread(io.FileIO):
    """A pipe whose reader may leave, as `| head` does: what comes after goes nowhere."""

    def write(self, data: Any) -> int:
        """Write to the pipe, or drop it all."""
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            return memoryview(data).nbytes


def open_again(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return a stream to the same place, buffered as it is: not at all with PYTHONUNBUFFERED."""
    raw, through = Unread(stream.fileno(), "w", closefd=False), stream.write_through
    buffer: Any = raw if through else io.BufferedWriter(raw)
    lines = stream.line_buffering
    return io.TextIOWrapper(buffer, stream.encoding, "replace", None, lines, through)


def prepare_streams() -> None:
    """Have no stream end a command: closed ones are opened, and odd characters become "?".

    What the shell has closed (`>&-`) is None here, and its number would go to the next file.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and stream.isatty():
            stream.reconfigure(errors="replace")  # a terminal may lack a character
        elif isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, open_again(stream))
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
