"""Read the files that a process has left, believing nothing of them but their bytes.

The process may have run code of a stranger's model: a file may be a link, a FIFO that is waited
for, endless, or hold something else than it should.
"""

import os
import stat
from pathlib import Path


class UnreadableAnswer(ValueError):
    """The file is not what was asked for."""


def read_answer(path: Path, most: int) -> bytes:
    """Return a regular file of at most `most` bytes; raises UnreadableAnswer, or OSError."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # Windows has the last only
        flags |= getattr(os, name, 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableAnswer(f"{path.name} is not a regular file")
        content = file.read(most + 1) if found.st_size <= most else b"\0" * (most + 1)
    if len(content) > most:
        raise UnreadableAnswer(f"{path.name} is larger than {most} bytes")
    return content


def read_end(path: Path, most: int) -> bytes:
    """Return the last `most` bytes of a regular file; raises UnreadableAnswer, or OSError."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise UnreadableAnswer(f"{path.name} is not a regular file")
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - most))
        return file.read(most)
