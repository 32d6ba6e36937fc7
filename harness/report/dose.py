"""How a failure grows with its dose, as a table and as plots."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from harness.report.layout import UNLIMITED, Layout, draw_table, write_prose
from harness.report.table import show_number
from harness.results.outcome import Outcome

VERDICT_COLOURS = {
    "match": "#2f7d4f",
    "differs": "#c77d0a",
    "constant": "#8a5a9e",
    "zeros": "#b3261e",
    "nan": "#3b3b3b",
    "shape": "#6b7280",
    "error": "#111111",
}


def has_doses(outcomes: Iterable[Outcome]) -> bool:
    """Return whether these outcomes belong to a run with doses."""
    return any(outcome.dose is not None for outcome in outcomes)


def group_by_dose(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], dict[float, list[Outcome]]]:
    """Return the outcomes grouped by (scenario, path and device), then by dose, both sorted."""
    groups: dict[tuple[str, str], dict[float, list[Outcome]]] = {}
    ordered = sorted(outcomes, key=lambda each: (each.scenario, each.path, each.dose or 0.0))
    for outcome in ordered:
        device = "" if outcome.device == "CPU:0" else f" on {outcome.device}"
        curve = groups.setdefault((outcome.scenario, outcome.path + device), {})
        curve.setdefault(outcome.dose or 0.0, []).append(outcome)
    return groups


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the known values."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def read_zeros(outcome: Outcome) -> float | None:
    """Return an outcome's share of zeros, None if it has no statistics."""
    return outcome.statistics.near_zeros if outcome.statistics else None


def read_error(outcome: Outcome) -> float | None:
    """Return an outcome's error divided by the spread, None if it has no statistics."""
    return outcome.statistics.max_relative_error if outcome.statistics else None


def make_dose_table(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> str:
    """Return one table per path with doses: verdicts, share of zeros and error for each dose.

    The error is the largest absolute error divided by the spread of its column. Both figures are
    medians over the seeds.
    """
    blocks = []
    for (scenario, path), curve in group_by_dose(outcomes).items():
        first = next(iter(curve.values()))[0]
        rows = []
        for dose, group in curve.items():
            verdicts = Counter(outcome.verdict for outcome in group)
            shown = [
                verdict if len(group) == 1 else f"{verdict} {count}/{len(group)}"
                for verdict, count in verdicts.most_common()
            ]
            zeros = middle(read_zeros(outcome) for outcome in group)
            error = middle(read_error(outcome) for outcome in group)
            rows.append(
                [
                    f"{dose:g}" + (" *" if first.own_dose == dose else ""),
                    ", ".join(shown),
                    "" if zeros is None else f"{100 * zeros:.0f}",
                    show_number(error),
                ]
            )
        headers = ["dose", "verdict", "zeros %", "error / spread"]
        right = ("dose", "zeros %", "error / spread")
        table = draw_table(headers, rows, layout, right=right, verdicts=("verdict",))
        title = write_prose(f"{scenario} {path}\ndose: {first.dose_of}", layout)
        blocks.append(f"{title}\n\n{table}")
    return "\n\n".join([*blocks, "* the dose of the lesson itself"])


def plot_doses(outcomes: Iterable[Outcome], folder: Path) -> list[Path]:
    """Plot every path with doses as HTML, SVG and PNG into `folder`; return the files.

    The HTML file is complete and opens without a network.
    """
    files = []
    for (scenario, path), curve in group_by_dose(outcomes).items():
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


def draw_response(scenario: str, path: str, curve: dict[float, list[Outcome]]) -> Any:
    """Return an Altair chart: share of zeros above, error below, a dot per seed, a median line."""
    import altair as alt  # heavy, and only needed to draw

    first = next(iter(curve.values()))[0]
    rows: list[dict[str, Any]] = [
        {
            "dose": dose,
            "verdict": outcome.verdict,
            "seed": outcome.seed,
            "zeros": read_zeros(outcome),
            "error": read_error(outcome),
        }
        for dose, group in curve.items()
        for outcome in group
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
        title=first.dose_of,
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
