"""Output people read, kept in files: UPDATE_GOLDEN=1 writes them anew, then read the difference."""

import os
from pathlib import Path


def assert_golden(file: Path, shown: str) -> None:
    """What is shown is what the file holds."""
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(shown + "\n")
    assert shown + "\n" == file.read_text()
