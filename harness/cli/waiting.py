"""Show on stderr that a slow action is under way."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from harness.errors import printable


@contextmanager
def show_progress(what: str) -> Iterator[None]:
    """Show a slow action on stderr: with a clock on a terminal, as a line in a log."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console, what = Console(stderr=True, highlight=False), printable(what)
    if not console.is_terminal:
        typer.echo(f"{what} ...", err=True)
        yield
        return
    described = TextColumn("{task.description}", markup=False)  # a path may hold brackets
    columns = (SpinnerColumn(), described, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield
