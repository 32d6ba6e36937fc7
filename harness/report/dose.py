"""How a failure grows with its dose, as a table; `dose_plot` draws the same."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from harness.report.layout import UNLIMITED, Layout, draw_table, write_prose
from harness.report.table import show_exactly, show_number
from harness.results.outcome import Outcome


@dataclass(frozen=True)
class Response:
    """What one path gave at each dose, on one device and in one pair of environments.

    `where` tells apart what is otherwise called the same: "", " on GPU:0", " in 2.15".
    """

    scenario: str
    path: str
    where: str
    doses: dict[float, list[Outcome]] = field(default_factory=dict)

    @property
    def first(self) -> Outcome:
        """One of the outcomes, for what all of them have in common."""
        return next(iter(self.doses.values()))[0]

    @property
    def own(self) -> float | None:
        """The dose of the lesson itself, None if it was not measured."""
        return self.first.own_dose if self.first.own_dose in self.doses else None


def has_doses(outcomes: Iterable[Outcome]) -> bool:
    """Return whether these outcomes belong to a run with doses."""
    return any(outcome.dose is not None for outcome in outcomes)


def group_by_dose(outcomes: Iterable[Outcome]) -> list[Response]:
    """Return a response per scenario, path, device and environments, with rising doses."""
    dosed = [outcome for outcome in outcomes if outcome.dose is not None]
    several = len({(outcome.writer, outcome.reader) for outcome in dosed}) > 1
    responses: dict[tuple[str, str, str], Response] = {}
    for outcome in sorted(dosed, key=lambda each: (each.scenario, each.path, each.dose or 0.0)):
        where = "" if outcome.device == "CPU:0" else f" on {outcome.device}"
        if several:
            where += f" in {outcome.reader}"
            where += f" from {outcome.writer}" if outcome.writer != outcome.reader else ""
        key = (outcome.scenario, outcome.path, where)
        response = responses.setdefault(key, Response(*key))
        response.doses.setdefault(outcome.dose or 0.0, []).append(outcome)
    return [response for _, response in sorted(responses.items())]


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the known values."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def read_zeros(outcome: Outcome) -> float | None:
    """Return an outcome's zeros in per cent of its numbers, None if it has no statistics."""
    return 100 * outcome.statistics.near_zeros if outcome.statistics else None


def read_error(outcome: Outcome) -> float | None:
    """Return an outcome's error divided by the spread, None if it has no statistics."""
    return outcome.statistics.max_relative_error if outcome.statistics else None


def make_dose_table(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> str:
    """Return one table per path with doses: verdicts, share of zeros and error for each dose.

    The error is the largest absolute error divided by the spread of its column. Both figures are
    medians over the seeds.
    """
    blocks = []
    for response in group_by_dose(outcomes):
        rows = []
        for dose, group in response.doses.items():
            zeros = middle(read_zeros(outcome) for outcome in group)
            error = middle(read_error(outcome) for outcome in group)
            rows.append(
                [
                    show_exactly(dose) + (" *" if dose == response.own else ""),
                    tell_verdicts(group),
                    "" if zeros is None else f"{zeros:.0f}",
                    show_number(error),
                ]
            )
        headers = ["dose", "verdict", "zeros %", "error / spread"]
        right = ("dose", "zeros %", "error / spread")
        table = draw_table(headers, rows, layout, right=right, verdicts=("verdict",))
        heading = f"{response.scenario} {response.path}{response.where}"
        title = write_prose(f"{heading}\ndose: {response.first.dose_of}", layout)
        blocks.append(f"{title}\n\n{table}")
    return "\n\n".join([*blocks, "* the dose of the lesson itself"])


def tell_verdicts(group: list[Outcome]) -> str:
    """Return the verdict of one seed, or each verdict with its share: "zeros 3/4, nan 1/4"."""
    verdicts = Counter(outcome.verdict for outcome in group).most_common()
    if len(group) == 1:
        return group[0].verdict
    return ", ".join(f"{verdict} {count}/{len(group)}" for verdict, count in verdicts)
