"""The table of outcomes, worst first, and the table of rates over seeds."""

from collections.abc import Iterable

from tabulate import tabulate

from harness.results.judgement import group_by_path
from harness.results.outcome import Outcome
from harness.verdicts.names import SEVERITY
from harness.verdicts.rates import wilson_interval

HEADERS = [
    "scenario",
    "path",
    "verdict",
    "expected?",
    "zeros %",
    "error vs ref",
    "load ms",
    "p50 ms",
    "calls",
]


def worst_first(outcome: Outcome) -> tuple[object, ...]:
    """Sort key: changed paths first, then the worst verdicts, then names."""
    return (
        outcome.judgement != "changed",
        SEVERITY.index(outcome.verdict),
        outcome.scenario,
        outcome.path,
        outcome.device,
        outcome.seed,
    )


def show_number(value: float | None, digits: int = 3) -> str:
    """Return `value` with a few significant digits, or "" if it is unknown."""
    if value is None:
        return ""
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:.{digits - 1}e}"


def show_milliseconds(value: float | None) -> str:
    """Return milliseconds with two decimals, fewer for large values."""
    if value is None:
        return ""
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def show_judgement(outcome: Outcome) -> str:
    """Return "yes", or "no: " and the declared verdict; "" if no verdict is declared."""
    if outcome.judgement is None:
        return ""
    if outcome.judgement == "expected":
        return "yes"
    return f"no: {outcome.expected}"


def fill_row(outcome: Outcome) -> list[str]:
    """Return one outcome's cells in the order of HEADERS."""
    statistics, timing = outcome.statistics, outcome.timing
    return [
        outcome.scenario,
        outcome.path.removeprefix("restore_"),
        outcome.verdict,
        show_judgement(outcome),
        f"{100 * statistics.near_zeros:.0f}" if statistics else "",
        show_number(statistics.max_absolute_error if statistics else None),
        show_milliseconds(timing.load_ms if timing else None),
        show_milliseconds(timing.p50_ms if timing else None),
        str(timing.calls) if timing and timing.calls else "",
    ]


def make_table(outcomes: Iterable[Outcome], style: str = "simple") -> str:
    """Return the outcomes as a tabulate table in `style`; device and seed only if they vary."""
    ordered = sorted(outcomes, key=worst_first)
    varying = ["device"] if len({each.device for each in ordered}) > 1 else []
    varying += [] if all(each.default_seed for each in ordered) else ["seed"]
    headers = HEADERS[:2] + varying + HEADERS[2:]
    rows = []
    for outcome in ordered:
        row = fill_row(outcome)
        rows.append(row[:2] + [str(getattr(outcome, name)) for name in varying] + row[2:])
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True, colalign=align(headers))


def make_rate_table(outcomes: Iterable[Outcome], style: str = "simple") -> str:
    """Return each path's measured rate of its declared verdict, with a 95% Wilson interval."""
    groups = group_by_path(sorted(outcomes, key=lambda each: (each.scenario, each.path)))
    varying = ["device"] if len({group[0].device for group in groups}) > 1 else []
    headers = [
        "scenario",
        "path",
        *varying,
        "verdict",
        "seeds",
        "declared rate",
        "measured rate",
        "95% interval",
        "expected?",
        "other verdicts",
    ]
    rows = []
    for group in groups:
        first = group[0]
        wanted, declared = first.expected, first.declared_rate
        hits = sum(each.verdict == wanted for each in group)
        low, high = wilson_interval(hits, len(group))
        others = sorted({each.verdict for each in group} - {wanted})
        rows.append(
            [
                first.scenario,
                first.path.removeprefix("restore_"),
                *(getattr(first, name) for name in varying),
                wanted,
                f"{hits}/{len(group)}",
                "always" if declared == (1.0, 1.0) else f"{declared[0]:.2f}-{declared[1]:.2f}",
                f"{hits / len(group):.2f}",
                f"{low:.2f}-{high:.2f}",
                "yes" if first.judgement == "expected" else "no",
                ", ".join(others),
            ]
        )
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True)


def align(headers: list[str]) -> list[str]:
    """Align numbers right and words left."""
    words = {"scenario", "path", "device", "verdict", "expected?"}
    return ["left" if header in words else "right" for header in headers]
