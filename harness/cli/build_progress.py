"""Build several environments at once, and show the stage of each on stderr."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import typer
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from harness.cli.terminal_bar import TerminalBar
from harness.environments.build import build
from harness.environments.cache import BuiltEnvironment
from harness.environments.releases import Release
from harness.environments.resolve import BUILDERS
from harness.errors import EnvironmentUnusable

KEPT = ("waiting", "damaged", "its lock")  # what is also worth a line in a log
Built = tuple[Release, Path, BuiltEnvironment]


def build_all(releases: list[Release]) -> Iterator[Built | EnvironmentUnusable]:
    """Build releases in parallel; yield each as its build ends, or the error of its build."""
    pool = ThreadPoolExecutor(BUILDERS)
    with Stages(len(releases)) as stages:
        try:
            pending = {pool.submit(stages.follow, each): each for each in releases}
            for future in as_completed(pending):
                yield settle(future, pending[future])
        finally:  # interrupted: what has not begun does not begin
            pool.shutdown(cancel_futures=True)


def settle(
    future: "Future[tuple[Path, BuiltEnvironment]]", release: Release
) -> Built | EnvironmentUnusable:
    """Return the result of a build, or its error."""
    try:
        return (release, *future.result())
    except EnvironmentUnusable as error:
        return error


class Stages(TerminalBar):
    """Shows a line per environment being built; in a log, a line at its begin and at its end.

    Use as a context manager.
    """

    def __init__(self, total: int) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        super().__init__(columns)
        self.total, self.done = total, 0

    def follow(self, release: Release) -> tuple[Path, BuiltEnvironment]:
        """Build one environment, showing its stages."""
        task = self.progress.add_task(f"{release.name}: starting")
        self.print_in_log(f"{release.name}: begins")
        ended = "failed"
        try:
            built = build(
                release, lambda stage: self.show(task, release.name, stage), contents=True
            )
            ended = "ready"
            return built
        finally:
            self.done += 1
            self.progress.remove_task(task)
            self.print_in_log(f"[{self.done}/{self.total}] {release.name}: {ended}")

    def show(self, task: TaskID, name: str, stage: str) -> None:
        """Show the stage of a build; keep unusual stages on the screen."""
        self.progress.update(task, description=f"{name}: {stage}")
        if stage.startswith(KEPT):
            self.console.print(f"{name}: {stage}", markup=False, soft_wrap=True)

    def print_in_log(self, line: str) -> None:
        """Print a line if the output is not a terminal."""
        if not self.console.is_terminal:
            typer.echo(line, err=True)
