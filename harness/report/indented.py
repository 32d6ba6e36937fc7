"""Code to paste, as an answer shows it."""

Lines = list[str]


def indent(*lines: str) -> Lines:
    """Return code as an answer shows it."""
    return [f"  {line}" for line in lines]
