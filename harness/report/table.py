"""The table of outcomes, worst first, and the table of rates over seeds."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from harness.report.layout import UNLIMITED, Layout, draw_table
from harness.results.judgement import REFUSALS, group_by_path, is_as_declared
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
NAMES, TIMES = HEADERS[:2], HEADERS[-3:]
WORDS = {"scenario", "path", "device", "verdict", "expected?"}  # the other columns hold figures


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


def show_exactly(value: float) -> str:
    """Return a finite number as a person writes it and no digit lost: 255, 0.75, 10000, 1e-7."""
    plain = np.format_float_positional(value + 0.0, trim="-")  # + 0.0: no "-0"
    short = np.format_float_scientific(value, trim="-", exp_digits=1).replace("e+", "e")
    return plain if len(plain) <= max(7, len(short)) else short


def show_milliseconds(value: float | None) -> str:
    """Return milliseconds with two decimals, fewer for large values."""
    if value is None:
        return ""
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def show_judgement(outcome: Outcome) -> str:
    """Return "yes", or "no: " and the declared verdict; "" if no verdict is declared.

    If the verdict is the declared one and yet proves nothing, the cell says why.
    """
    if outcome.judgement is None:
        return ""
    if outcome.judgement == "expected":
        return "yes"
    if outcome.verdict != outcome.expected:
        return f"no: {outcome.expected}"
    return "no" if is_as_declared(outcome) else f"no: {name_miss(outcome)}"


def name_miss(outcome: Outcome) -> str:
    """Return what came instead of what was declared: another verdict, or the same for nothing."""
    error = outcome.error
    if outcome.verdict != outcome.expected or error is None:
        return outcome.verdict
    if error.step == "save":
        return f"{outcome.verdict} in save"
    return error.type if error.type in REFUSALS else f"{outcome.verdict} with other words"


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


def make_table(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> str:
    """Return the outcomes as a table; device and seed only if they vary."""
    ordered = sorted(outcomes, key=worst_first)
    varying = ["device"] if len({each.device for each in ordered}) > 1 else []
    varying += [] if all(each.default_seed for each in ordered) else ["seed"]
    headers = HEADERS[:2] + varying + HEADERS[2:]
    rows = []
    for outcome in ordered:
        row = fill_row(outcome)
        rows.append(row[:2] + [str(getattr(outcome, name)) for name in varying] + row[2:])
    return draw_table(
        headers,
        rows,
        layout,
        right=set(headers) - WORDS,
        verdicts=("verdict", "expected?"),
        spare=TIMES,
        expendable=("zeros %",),
        whole=NAMES,
    )


def make_rate_table(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> str:
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
        rows.append(
            [
                first.scenario,
                first.path.removeprefix("restore_"),
                *(getattr(first, name) for name in varying),
                *(rate_cells(group) if first.expected else undeclared_cells(group)),
            ]
        )
    return draw_table(
        headers,
        rows,
        layout,
        verdicts=("verdict", "expected?", "other verdicts"),
        expendable=("declared rate", "95% interval"),
        whole=NAMES,
    )


def rate_cells(group: list[Outcome]) -> list[str]:
    """Return what the rate table says of one path, all its seeds together."""
    first = group[0]
    low, high = first.declared_rate
    missed = [each for each in group if not is_as_declared(each)]
    hits = len(group) - len(missed)
    interval = wilson_interval(hits, len(group))
    return [
        first.expected,
        f"{hits}/{len(group)}",
        "always" if (low, high) == (1.0, 1.0) else f"{low:.2f}-{high:.2f}",
        f"{hits / len(group):.2f}",
        f"{interval[0]:.2f}-{interval[1]:.2f}",
        "yes" if first.judgement == "expected" else "no",
        ", ".join(sorted({name_miss(each) for each in missed})),
    ]


def undeclared_cells(group: list[Outcome]) -> list[str]:
    """Return the same where nothing is declared: what came, and no rate of anything."""
    verdicts = Counter(each.verdict for each in group).most_common()
    told = ", ".join(f"{number} {verdict}" for verdict, number in verdicts)
    return ["", str(len(group)), "", "", "", "", told]
