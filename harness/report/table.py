"""The table of outcomes, worst first, and the table of rates over seeds."""

from collections.abc import Iterable
from typing import Any

from tabulate import tabulate

from harness.verdicts.judge import group_by_path
from harness.verdicts.rates import wilson_interval

SEVERITY = (
    "crash",
    "timeout",
    "error",
    "nan",
    "zeros",
    "shape",
    "constant",
    "differs",
    "match",
    "skip",
)
HEADERS = [
    "scenario",
    "path",
    "verdict",
    "expected?",
    "zeros %",
    "error vs ref",
    "load ms",
    "p50 ms",
    "p99 ms",
]
Records = list[dict[str, Any]]


def worst_first(record: dict[str, Any]) -> tuple[Any, ...]:
    """Sort key: what changed, then the gravest verdicts, then by name."""
    return (
        record["judgement"] != "changed",
        SEVERITY.index(record["verdict"]),
        record["scenario"],
        record["path"],
        record["device"],
        record["seed"],
    )


def show_number(value: float | None, digits: int = 3) -> str:
    """Return `value` with a few significant digits, or nothing where it is unknown."""
    if value is None:
        return ""
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:.{digits - 1}e}"


def show_milliseconds(value: float | None) -> str:
    """Return milliseconds to a hundredth, fewer where they are many."""
    if value is None:
        return ""
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def show_judgement(record: dict[str, Any]) -> str:
    """Return "yes", or "no: " and the verdict that was declared; "" where none is."""
    if record["judgement"] is None:
        return ""
    if record["judgement"] == "expected":
        return "yes"
    return f"no: {record['expected']}"


def fill_row(record: dict[str, Any]) -> list[str]:
    """Return one record's cells in the order of HEADERS."""
    statistics, timing = record["statistics"] or {}, record["timing"] or {}
    zeros = statistics.get("near_zeros")
    return [
        record["scenario"],
        record["path"].removeprefix("restore_"),
        record["verdict"],
        show_judgement(record),
        "" if zeros is None else f"{100 * zeros:.0f}",
        show_number(statistics.get("max_absolute_error")),
        show_milliseconds(timing.get("load_ms")),
        show_milliseconds(timing.get("p50_ms")),
        show_milliseconds(timing.get("p99_ms")),
    ]


def make_table(records: Iterable[dict[str, Any]], style: str = "simple") -> str:
    """Return the outcomes as a tabulate table in `style`; device and seed where they matter."""
    ordered = sorted(records, key=worst_first)
    varying = ["device"] if len({each["device"] for each in ordered}) > 1 else []
    varying += [] if all(each["default_seed"] for each in ordered) else ["seed"]
    headers = HEADERS[:2] + varying + HEADERS[2:]
    rows = []
    for record in ordered:
        row = fill_row(record)
        rows.append(row[:2] + [str(record[name]) for name in varying] + row[2:])
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True, colalign=align(headers))


def make_rate_table(records: Iterable[dict[str, Any]], style: str = "simple") -> str:
    """Return each path's measured rate of its declared verdict, with a 95% Wilson interval."""
    groups = group_by_path(sorted(records, key=lambda each: (each["scenario"], each["path"])))
    varying = ["device"] if len({group[0]["device"] for group in groups}) > 1 else []
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
        wanted, declared = first["expected"], first["declared_rate"]
        hits = sum(record["verdict"] == wanted for record in group)
        low, high = wilson_interval(hits, len(group))
        others = sorted({record["verdict"] for record in group} - {wanted})
        rows.append(
            [
                first["scenario"],
                first["path"].removeprefix("restore_"),
                *(first[name] for name in varying),
                wanted,
                f"{hits}/{len(group)}",
                "always" if declared == [1.0, 1.0] else f"{declared[0]:.2f}-{declared[1]:.2f}",
                f"{hits / len(group):.2f}",
                f"{low:.2f}-{high:.2f}",
                "yes" if first["judgement"] == "expected" else "no",
                ", ".join(others),
            ]
        )
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True)


def align(headers: list[str]) -> list[str]:
    """Numbers to the right, words to the left."""
    words = {"scenario", "path", "device", "verdict", "expected?"}
    return ["left" if header in words else "right" for header in headers]
