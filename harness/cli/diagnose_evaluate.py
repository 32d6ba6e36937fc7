"""`diagnose --evaluate`: how often it is right, on made models."""

import sys

from harness.cli.printer import Printer
from harness.cli.terminal import choose_layout
from harness.cli.terminal_bar import TerminalBar, counting_columns
from harness.cli.waiting import show_progress
from harness.errors import UsageError, count
from harness.program import command_line

LINE_EVERY = 10  # models, in a log


class EvaluationProgress(TerminalBar):
    """Shows a bar on a terminal, and a line for every ten models in a log; a context manager."""

    def __init__(self) -> None:
        super().__init__(counting_columns())
        self.task = self.progress.add_task("", total=None)

    def tell(self, what: str, done: int, total: int) -> None:
        """Show what is being done, and how far it is."""
        if self.console.is_terminal:
            self.progress.update(self.task, description=what, completed=done, total=total)
        elif done % LINE_EVERY == 0:
            print(f"{what}: {done} of {total} ...", file=sys.stderr, flush=True)


def print_evaluation(seeds: int, load: bool, prove: bool, limit: int, printer: Printer) -> None:
    """Make the corpus of so many seeds, diagnose it, and print the scores.

    With `load` and `prove`, at most `limit` models each are restored in the cage too. Raises
    UsageError where there is no cage, and EnvironmentUnusable where a release cannot be built.
    """
    from harness.diagnose.evaluation.evaluate import describe_confusions, evaluate, tabulate_scores
    from harness.processes.cage import find_obstacle
    from harness.report.layout import draw_table

    if (load or prove) and (obstacle := find_obstacle()):
        raise UsageError("there is no cage to restore the models in", obstacle, "leave out --load")
    with show_progress(f"making and diagnosing the models of {count(seeds, 'seed')}"):
        found = evaluate(seeds)
    if load or prove:
        from harness.diagnose.evaluation.evaluate_load import add_load, add_proofs

        with EvaluationProgress() as progress:
            found = add_load(found, limit, progress.tell) if load else found
            found = add_proofs(found, limit, progress.tell) if prove else found
    printer.record(found)
    head, rows = tabulate_scores(found)
    printer.text(draw_table(head, rows, choose_layout("simple")))
    printer.prose("\n".join(["", *describe_confusions(found)]))
    printer.tip(f"Next: {command_line('diagnose --causes')}")
