"""Progress of `bench` on stderr: pairs, time left, and the interval as it narrows."""

import sys

from harness.bench.decide import Decision
from harness.bench.raw import MeasuredPair
from harness.bench.request import BenchComparison
from harness.bench.run import BenchObserver
from harness.cli.terminal_bar import TerminalBar, counting_columns


class BenchProgress(TerminalBar, BenchObserver):
    """Shows a bar on a terminal, and a line for each pair in a log. Use as a context manager."""

    def __init__(self) -> None:
        super().__init__(counting_columns(), per_second=2)
        self.task = self.progress.add_task("", total=None)
        self.title = ""
        self.open = self.most = 0

    def say(self, text: str) -> None:
        """Show what is being done now."""
        if self.console.is_terminal:
            self.progress.update(self.task, description=text)
        else:
            print(text, file=sys.stderr, flush=True)

    def wait_for_other(self) -> None:
        """Say that another timed command runs on this machine."""
        self.say("another timed command is running on this machine: waiting for its end ...")

    def prepare(self, names: tuple[str, str]) -> None:
        """Say that models are being saved."""
        self.title = f"{names[0]} → {names[1]}"
        self.say(f"{self.title}: preparing the environments and models ...")

    def begin(self, comparison: BenchComparison, pairs: int) -> None:
        """Set how many measurements there can be: pairs times workloads."""
        self.open = len(comparison.workloads) - len(comparison.skipped)
        self.most = pairs
        self.progress.update(self.task, total=self.open * pairs, completed=0)
        self.say(f"{self.title}: importing TensorFlow for pair 1 ...")

    def finish_workload(self, measured: MeasuredPair) -> None:
        """Count one workload of one pair."""
        self.progress.advance(self.task)
        self.say(f"{self.title}: pair {measured.pair + 1}, {measured.workload}")

    def finish_pair(self, pair: int, decisions: dict[str, Decision]) -> None:
        """Say how far the answers are."""
        final = sum(each.is_final for each in decisions.values())
        left = (len(decisions) - final) * (self.most - pair)
        self.progress.update(self.task, total=self.open * pair + left, completed=self.open * pair)
        widest = [each for each in decisions.values() if each.interval and not each.is_final]
        said = f"{self.title}: {pair} pairs, {final} of {len(decisions)} decided"
        if widest:
            half = max(each.interval[1] - each.interval[0] for each in widest if each.interval) / 2
            said += f", intervals up to ±{half:.1%}"
        self.say(said)
