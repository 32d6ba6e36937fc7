"""Plot of a restored model's predictions beside those before saving, drawn by Altair."""

from typing import Any

import numpy as np

from harness.errors import UsageError
from harness.report.dose_panel import INK, MARKS, OTHER_MARK
from harness.results.sample import as_rows
from harness.verdicts.judge import find_verdict
from harness.verdicts.statistics import Array

BEFORE, RESTORED = "before saving", "restored"
ROWS, POINTS = 20, 400  # rows of the first panel, and points of the second
LARGEST = 1e100  # what lies beyond has no mark, nor has NaN
WIDTH, HEIGHT = 280, 240  # pixels of a panel
MARGIN = 0.06  # of an axis, on both sides
SAME_AXES = 0.02  # the smaller spread over the larger: below it, one of them would be a flat line


def draw_outputs(restored: Array, reference: Array) -> Any:
    """Return an Altair chart: row by row, and restored over before saving where shapes agree.

    Circles are before saving, crosses restored; the crosses have the verdict's colour. What is
    NaN or huge has no mark; the subtitle counts it. Raises UsageError for predictions that are no
    numbers, and if altair is not installed.
    """
    try:
        import altair as alt  # heavy, and only needed to draw
    except ImportError as error:
        tip = "pip install altair vl-convert-python"
        raise UsageError("altair is not installed", str(error), tip) from error
    if not are_numbers(restored, reference):
        raise UsageError(
            "only numbers can be plotted", f"dtypes: {restored.dtype}, {reference.dtype}"
        )
    verdict = find_verdict(restored, reference)
    colour, _ = MARKS.get(verdict, OTHER_MARK)
    panels = [draw_rows(as_rows(restored), as_rows(reference), colour)]
    if restored.shape == reference.shape:
        panels.append(draw_pairs(restored.ravel(), reference.ravel(), colour))
    title = alt.TitleParams(
        f"Verdict: {verdict}",
        subtitle=describe(restored, reference),
        anchor="start",
        fontSize=16,
        subtitleFontSize=13,
        subtitleColor=INK,
    )
    return (
        alt.hconcat(*panels, spacing=30, background="white", padding=10)
        .properties(title=title, description=". ".join(describe(restored, reference)))
        .configure_axis(labelFontSize=13, titleFontSize=13, gridColor="#e4e4e4")
        .configure_legend(labelFontSize=13, symbolSize=90, orient="top", title=None)
        .configure_title(fontSize=14, anchor="start")
    )


def are_numbers(*outputs: Array) -> bool:
    """Return whether outputs can be plotted: texts and records cannot."""
    return all(each.dtype.kind in "fiub" for each in outputs)


def describe(restored: Array, reference: Array) -> list[str]:
    """Return the lines under the title: the range of both, and what has no mark."""
    both = (("Before saving", reference), ("Restored", restored))
    return [f"{name}: {describe_range(values)}" for name, values in both]


def describe_range(values: Array) -> str:
    """Return how many predictions there are, their range, and how many have no mark."""
    flat = values.astype(float).ravel()
    drawn = flat[np.abs(flat) < LARGEST]
    said = f"{flat.size} predictions"
    if drawn.size:
        said += f" from {drawn.min():.4g} to {drawn.max():.4g}"
    missing = flat.size - drawn.size
    return said + (f"; {missing} not drawn: NaN, or beyond {LARGEST:.0e}" if missing else "")


def draw_rows(restored: Array, reference: Array, colour: str) -> Any:
    """Return the panel of the first rows, one below the other where a row has several values."""
    import altair as alt

    marks = [
        {"row": row, "value": value, "model": model}
        for model, values in ((BEFORE, reference), (RESTORED, restored))
        for row, of_row in enumerate(values[:ROWS].astype(float).tolist())
        for value in of_row
        if abs(value) < LARGEST
    ]
    models = [BEFORE, RESTORED]
    return (
        alt.Chart({"values": marks}, title=f"The first {min(ROWS, len(reference))} rows")
        .mark_point(size=75, strokeWidth=1.8)
        .encode(
            x=alt.X("row:Q", title="row", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("value:Q", title="prediction", scale=alt.Scale(zero=False)),
            color=alt.Color("model:N", scale=alt.Scale(domain=models, range=[INK, colour])),
            shape=alt.Shape("model:N", scale=alt.Scale(domain=models, range=["circle", "cross"])),
            tooltip=["model:N", "row:Q", "value:Q"],
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


def draw_pairs(restored: Array, reference: Array, colour: str) -> Any:
    """Return the panel of restored over before saving, with a dashed line where they are equal.

    Where one of them spreads too little to be seen beside the other, each axis has its own scale,
    and the line is left out.
    """
    import altair as alt

    pairs = np.stack([reference, restored]).astype(float)
    pairs = pairs[:, (np.abs(pairs) < LARGEST).all(axis=0)][:, :POINTS]
    limits = choose_limits(pairs)
    shared = limits[0] == limits[1]
    axes = [alt.Scale(domain=list(each), nice=False, zero=False) for each in limits]
    x = alt.X("before:Q", title=BEFORE, scale=axes[0])
    y = alt.Y("restored:Q", title=RESTORED, scale=axes[1])
    marks = [{"before": before, "restored": value} for before, value in pairs.T.tolist()]
    points = (
        alt.Chart({"values": marks})
        .mark_point(size=70, filled=True, color=colour, shape="cross", opacity=0.85)
        .encode(x=x, y=y, tooltip=["before:Q", "restored:Q"])
    )
    said = "Dashed: as before saving" if shared else "Each axis has its own scale"
    layers = [points]
    if shared:
        ends = [{"before": each, "restored": each} for each in limits[0]]
        line = alt.Chart({"values": ends}).mark_line(color=INK, strokeDash=[6, 4])
        layers.insert(0, line.encode(x=x, y=y))
    return alt.layer(*layers, title=said).properties(width=WIDTH, height=HEIGHT)


def choose_limits(pairs: Array) -> list[tuple[float, float]]:
    """Return the limits of both axes: the same where both can be read off them."""
    if not pairs.size:
        return [(0.0, 1.0)] * 2
    spreads = np.ptp(pairs, axis=1)
    if 0 < spreads.min() < SAME_AXES * spreads.max():
        return [widen(*each) for each in np.stack([pairs.min(axis=1), pairs.max(axis=1)]).T]
    return [widen(pairs.min(), pairs.max())] * 2


def widen(lowest: float, highest: float) -> tuple[float, float]:
    """Return limits with a margin, also around a single number."""
    margin = MARGIN * (highest - lowest) or MARGIN * abs(highest) or 1.0
    return float(lowest - margin), float(highest + margin)
