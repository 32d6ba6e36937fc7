"""A result as one self-contained page, and as PNG and SVG: intervals, history and raw blocks.

Altair and vl-convert draw; both come with `pip install restorebench[plots]`.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.bench.answers import BenchResult
from harness.bench.decide import SAME
from harness.bench.history import Relative, list_followed
from harness.bench.raw import MeasuredPair
from harness.bench.store import SavedRun
from harness.errors import UsageError
from harness.report.dose_plot import FORMATS

MOST_BLOCKS = 400  # drawn of one workload; the rest would only make the page heavy


def plot_result(saved: SavedRun, result: BenchResult, file: Path) -> list[Path]:
    """Write `file` as HTML with the PNG and SVG of the plot beside it; return the files.

    Raises UsageError where Altair is not installed, the file cannot be written, or there is nothing
    to draw.
    """
    try:
        import altair as alt
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "Altair draws the page, and is not installed",
            str(error),
            "pip install 'restorebench[plots]'",
        ) from error
    rows = list_intervals(result)
    if not rows:
        raise UsageError("the run has no interval to draw", "", "see the reasons in its text")
    followed = list_followed(result) if len(result.environments) > 1 else []
    upper = [draw_history(alt, followed)] if followed else []
    upper.append(draw_intervals(alt, rows))
    blocks = draw_blocks(alt, list_blocks(saved))
    slide, page = (  # a legend beside each plot: colours are workloads, answers, or sides
        alt.vconcat(*plots).resolve_scale(color="independent")
        for plots in (upper, [*upper, blocks])
    )
    files = []
    try:
        for ending, how in FORMATS.items():
            written = file.with_suffix(f".{ending}")
            (page if ending == "html" else slide).save(str(written), **how)
            files.append(written)
    except OSError as error:
        raise UsageError(f"cannot write {file}", error.strerror or str(error)) from error
    return files


def list_intervals(result: BenchResult) -> list[dict[str, Any]]:
    """Return what the interval plot shows, a row per workload and comparison."""
    return [
        {
            "workload": each.workload,
            "comparison": " → ".join(each.environments),
            "answer": each.answer,
            "ratio": each.ratio,
            "low": each.interval[0],
            "high": each.interval[1],
        }
        for each in result.comparisons
        if each.interval is not None
    ]


def draw_intervals(alt: Any, rows: Sequence[dict[str, Any]]) -> Any:
    """Return the 99 % interval of every ratio, with the band that counts as the same."""
    band = alt.Chart(alt.Data(values=[{"low": 1 - SAME, "high": 1 + SAME}]))
    same = band.mark_rect(opacity=0.15, color="gray").encode(
        x=alt.X("low:Q", title=""), x2="high:Q"
    )
    base = alt.Chart(alt.Data(values=list(rows))).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=320)),
        color=alt.Color("answer:N", title="answer"),
    )
    base = base.transform_calculate(label="datum.workload + '  ' + datum.comparison")
    low = min(1 - 2 * SAME, *(each["low"] for each in rows))
    high = max(1 + 2 * SAME, *(each["high"] for each in rows))
    scale = alt.Scale(zero=False, type="log", domain=[low * 0.98, high * 1.02], nice=False)
    title = "time in B over time in A, 99 % interval (gray: the same)"
    lines = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, scale=scale), x2="high:Q"
    )
    marks = base.mark_point(filled=True, size=60).encode(x=alt.X("ratio:Q", scale=scale))
    return alt.layer(same, lines, marks).properties(width=560, title="B over A")


def draw_history(alt: Any, relatives: Sequence[Relative]) -> Any:
    """Return a line per workload: its time relative to the first release."""
    rows = [
        {
            "workload": each.workload,
            "release": each.release,
            "position": each.position,
            "ratio": each.ratio,
            "low": each.low,
            "high": each.high,
        }
        for each in relatives
        if each.ratio is not None
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("release:N", sort=alt.SortField("position"), title="TensorFlow"),
        color=alt.Color("workload:N"),
    )
    scale = alt.Scale(type="log", zero=False)
    title = "time relative to the first release"
    line = base.mark_line(point=True).encode(y=alt.Y("ratio:Q", scale=scale, title=title))
    bars = base.mark_rule(opacity=0.5).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    return alt.layer(bars, line).properties(width=560, height=360, title="From release to release")


def list_blocks(saved: SavedRun) -> list[dict[str, Any]]:
    """Return the shortest call of each block of A and B, in the order they ran."""
    rows = []
    for comparison, measured in zip(saved.run.comparisons, saved.measured, strict=True):
        for name, pairs in measured.items():
            title = f"{name}  {comparison.a.label} → {comparison.b.label}"
            blocks = [
                {"workload": title, "side": side.upper(), "pair": pair.pair + 1, "ms": value}
                for pair in pairs
                if not pair.failed
                for side in ("a", "b")
                for value in shortest_calls(pair, side)
            ]
            rows += blocks[:: max(1, math.ceil(len(blocks) / MOST_BLOCKS))]
    return rows


def shortest_calls(pair: MeasuredPair, side: str) -> list[float]:
    """Return the milliseconds of the shortest call of each block of one side."""
    return [round(float(each), 5) for each in pair.blocks(side).min(axis=1) / 1e6]


def draw_blocks(alt: Any, rows: Sequence[dict[str, Any]]) -> Any:
    """Return the raw blocks: a tick for each, by pair and side."""
    chart = alt.Chart(alt.Data(values=list(rows))).mark_tick(opacity=0.5)
    return (
        chart.encode(
            x=alt.X("ms:Q", scale=alt.Scale(type="log", zero=False), title="ms, shortest call"),
            y=alt.Y("side:N", title=None),
            color=alt.Color("side:N", legend=None),
            row=alt.Row("workload:N", title=None, header=alt.Header(labelAngle=0)),
        )
        .properties(width=420, height=40)
        .resolve_scale(x="independent")
    )
