"""A bar on stderr, which shows on a terminal only; in a log its owner prints lines instead."""

from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def counting_columns() -> tuple[ProgressColumn, ...]:
    """Return the columns of a bar that counts: what is done, of how many, and the time left."""
    return (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


class TerminalBar:
    """The base of whatever shows progress. Use as a context manager."""

    def __init__(self, columns: tuple[ProgressColumn, ...], per_second: float = 4) -> None:
        """`per_second`: how often it is drawn, which costs time on the cores that are measured."""
        self.console = Console(stderr=True, highlight=False)
        self.progress = Progress(
            *columns, console=self.console, transient=True, refresh_per_second=per_second
        )

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        if self.console.is_terminal:  # elsewhere it would leave an empty line
            self.progress.stop()
