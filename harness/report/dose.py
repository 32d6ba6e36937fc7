"""How a failure answers to its dose: a table, and plots for those who read pictures."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from harness.report.table import show_number

Records = list[dict[str, Any]]
VERDICT_COLOURS = {
    "match": "#2f7d4f",
    "differs": "#c77d0a",
    "constant": "#8a5a9e",
    "zeros": "#b3261e",
    "nan": "#3b3b3b",
    "shape": "#6b7280",
    "error": "#111111",
}


def has_doses(records: Iterable[dict[str, Any]]) -> bool:
    """Say whether these outcomes are of a dosed run."""
    return any(record.get("dose") is not None for record in records)


def group_by_dose(records: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[float, Records]]:
    """Return the outcomes by (scenario, path and device), then by dose, both in order."""
    groups: dict[tuple[str, str], dict[float, Records]] = {}
    ordered = sorted(records, key=lambda each: (each["scenario"], each["path"], each["dose"]))
    for record in ordered:
        device = "" if record["device"] == "CPU:0" else f" on {record['device']}"
        curve = groups.setdefault((record["scenario"], record["path"] + device), {})
        curve.setdefault(record["dose"], []).append(record)
    return groups


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def read_statistic(record: dict[str, Any], name: str) -> float | None:
    """Return one number of an outcome's statistics, None where it has none."""
    value: float | None = (record["statistics"] or {}).get(name)
    return value


def make_dose_table(records: Iterable[dict[str, Any]], style: str = "simple") -> str:
    """Return one table per dosed path: verdicts, share of zeros and error against the dose.

    The error is the largest absolute one over the spread of its column; both are medians over the
    seeds.
    """
    blocks = []
    for (scenario, path), curve in group_by_dose(records).items():
        first = next(iter(curve.values()))[0]
        rows = []
        for dose, group in curve.items():
            verdicts = Counter(record["verdict"] for record in group)
            shown = [
                verdict if len(group) == 1 else f"{verdict} {count}/{len(group)}"
                for verdict, count in verdicts.most_common()
            ]
            zeros = middle(read_statistic(record, "near_zeros") for record in group)
            error = middle(read_statistic(record, "max_relative_error") for record in group)
            rows.append(
                [
                    f"{dose:g}" + (" *" if first["own_dose"] == dose else ""),
                    ", ".join(shown),
                    "" if zeros is None else f"{100 * zeros:.0f}",
                    show_number(error),
                ]
            )
        headers = ["dose", "verdict", "zeros %", "error / spread"]
        table = tabulate(
            rows,
            headers,
            tablefmt=style,
            disable_numparse=True,
            colalign=["right", "left", "right", "right"],
        )
        blocks.append(f"{scenario} {path}\ndose: {first['dose_of']}\n\n{table}")
    return "\n\n".join([*blocks, "* the dose of the lesson itself"])


def plot_doses(records: Iterable[dict[str, Any]], folder: Path) -> list[Path]:
    """Write every dosed path's response as HTML, SVG and PNG into `folder`; return the files.

    The HTML holds all it needs and opens without a network.
    """
    files = []
    for (scenario, path), curve in group_by_dose(records).items():
        chart = draw_response(scenario, path, curve)
        name = scenario if path == "restore_broken" else f"{scenario}-{path.replace(' ', '-')}"
        for ending in ("html", "svg", "png"):
            file = folder / f"dose-{name}.{ending}"
            options: dict[str, Any] = {"inline": True} if ending == "html" else {}
            if ending == "png":
                options = {"scale_factor": 2}
            chart.save(str(file), **options)
            files.append(file)
    return files


def draw_response(scenario: str, path: str, curve: dict[float, Records]) -> Any:
    """Return an Altair chart: share of zeros above, error below; a dot per seed, medians joined."""
    import altair as alt  # heavy, and only needed to draw

    first = next(iter(curve.values()))[0]
    rows = [
        {
            "dose": dose,
            "verdict": record["verdict"],
            "seed": record["seed"],
            "zeros": read_statistic(record, "near_zeros"),
            "error": read_statistic(record, "max_relative_error"),
        }
        for dose, group in curve.items()
        for record in group
    ]
    found = list(dict.fromkeys(row["verdict"] for row in rows))
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=found, range=[VERDICT_COLOURS.get(each, "#111") for each in found]),
    )
    positive = [dose for dose in curve if dose > 0]
    wide = max(positive, default=1.0) > 50 * min(positive, default=1.0)  # decades need room
    x = alt.X(
        "dose:Q",
        title=first["dose_of"],
        axis=alt.Axis(values=list(curve), format="~g", labelOverlap="greedy"),
        scale=alt.Scale(type="symlog", constant=min(positive)) if wide else alt.Scale(),
    )
    errors = [row["error"] for row in rows if row["error"]]
    scale = alt.Scale(type="symlog", constant=min(errors) if errors else 1.0)
    panels = []
    for name, title, y_scale in (
        ("zeros", "share of zeros", alt.Scale(domain=[0, 1])),
        ("error", "error / spread", scale),
    ):
        y = alt.Y(f"{name}:Q", title=title, scale=y_scale)
        base = alt.Chart({"values": rows}).encode(x=x)
        line = base.mark_line(color="#9aa0a6").encode(
            y=alt.Y(f"median({name}):Q", title=title, scale=y_scale)
        )
        dots = base.mark_circle(size=60, opacity=0.7).encode(
            y=y, color=colour, tooltip=["dose:Q", "verdict:N", f"{name}:Q", "seed:Q"]
        )
        panels.append((line + dots).properties(width=520, height=180))
    return alt.vconcat(*panels).properties(
        title=alt.TitleParams(scenario, subtitle=path, anchor="start")
    )
