"""Progress on stderr: the current step, how much is done, and the time left."""

import sys
from typing import Self

from harness.cli.terminal import fit_message
from harness.cli.terminal_bar import TerminalBar, counting_columns
from harness.errors import EnvironmentUnusable
from harness.execution.observer import Observer
from harness.results.outcome import Outcome


class ProgressBar(TerminalBar, Observer):
    """Shows a bar on a terminal, and a line per outcome in a log. Use as a context manager."""

    def __init__(self, several: bool = False) -> None:
        super().__init__(counting_columns())
        self.several = several  # releases: a line says in which one, and leaves out what it skips
        self.done = self.total = 0
        self.task = self.progress.add_task("importing TensorFlow", total=None)

    def __enter__(self) -> Self:
        if not self.console.is_terminal:
            print("importing TensorFlow ...", file=sys.stderr)
        return super().__enter__()

    def begin(self, total: int, done: int) -> None:
        """Set the total number of outcomes, and how many are done: a resumed run has some."""
        self.total, self.done = total, done
        self.progress.update(self.task, total=total, completed=self.done)

    def start_step(self, step: str) -> None:
        """Show the current step."""
        self.progress.update(self.task, description=step)

    def finish_path(self, outcome: Outcome) -> None:
        """Count an outcome; in a log, print it."""
        self.done += 1
        said = f"{outcome.scenario} {outcome.path}: {outcome.verdict}"
        if self.several:
            said += f" ({outcome.reader})"
        if self.console.is_terminal:
            self.progress.update(self.task, advance=1)
        elif not (self.several and outcome.verdict == "skip"):
            print(f"[{self.done}/{self.total}] {said}", file=sys.stderr)

    def report_unusable(self, error: EnvironmentUnusable) -> None:
        """Print above the bar why an environment cannot be used."""
        said = fit_message(error.render(), self.console.width if self.console.is_terminal else None)
        self.console.print(said, markup=False, soft_wrap=True)
