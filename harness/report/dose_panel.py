"""One panel of a dose plot: a quantity over the dose, with a mark per seed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.report.axis import (
    Scale,
    assign_rows,
    choose_dose_scale,
    choose_error_scale,
    choose_error_ticks,
    write_label_expression,
)
from harness.report.dose import Response, middle, read_error, read_zeros
from harness.report.table import show_exactly
from harness.results.outcome import Outcome
from harness.verdicts.names import SEVERITY, Verdict

# With its labels a panel is about 680 pixels wide, so that its text is readable where it is shown.
WIDTH, MARGIN = 610, 14
HEADROOM = 0.12  # of a panel's height
INK = "#222222"
# Okabe and Ito's colours, which colour-blind people tell apart; the shapes do for grey print.
MARKS: dict[Verdict, tuple[str, str]] = {
    "match": ("#009e73", "circle"),
    "differs": ("#e69f00", "triangle-up"),
    "constant": ("#cc79a7", "diamond"),
    "shape": ("#f0e442", "triangle-down"),
    "zeros": ("#0072b2", "square"),
    "nan": ("#000000", "cross"),
}
OTHER_MARK = ("#888888", "triangle-right")
AXIS_WORDS = {"linear": "", "log": ", logarithmic axis", "symlog": ", logarithmic axis with 0"}


@dataclass(frozen=True)
class Panel:
    """One quantity over the dose: its heading, how to read it from an outcome, and its axis."""

    heading: str
    read: Callable[[Outcome], float | None]
    scale: Scale
    limits: tuple[float, float]
    ticks: list[float] | None = None  # None: Vega's own
    right: float | None = None  # what the right predictions show, where that deserves a line


def choose_panels(response: Response) -> list[Panel]:
    """Return the panels that have something to show: zeros where there are any, and errors."""
    outcomes = [outcome for group in response.doses.values() for outcome in group]
    panels = []
    if any(read_zeros(outcome) for outcome in outcomes):
        right = middle(
            100 * outcome.statistics.reference.near_zeros
            for outcome in outcomes
            if outcome.statistics
        )
        heading = "zeros %: how many of the predicted numbers are zero"
        panels.append(Panel(heading, read_zeros, Scale(), (0, 100), right=right or None))
    errors = [error for outcome in outcomes if (error := read_error(outcome)) is not None]
    if any(errors):
        wrong = [read_error(outcome) or 0.0 for outcome in outcomes if outcome.verdict != "match"]
        scale = choose_error_scale(errors, wrong)
        lowest, highest = min(errors) if scale.kind == "log" else 0.0, max(errors)
        if len(errors) < len(outcomes):  # the verdicts without a number stand above the marks
            highest = scale.stretch(lowest, highest, HEADROOM)
        heading = "error / spread: largest error, divided by (max - min) of the right predictions"
        ticks = choose_error_ticks(scale, errors)
        panels.append(Panel(heading, read_error, scale, (lowest, highest), ticks))
    return panels


def find_drawn(response: Response, panels: list[Panel]) -> list[Verdict]:
    """Return the verdicts that have a mark in one of the panels, the least grave first."""
    outcomes = [outcome for group in response.doses.values() for outcome in group]
    drawn = {
        outcome.verdict
        for outcome in outcomes
        if any(panel.read(outcome) is not None for panel in panels)
    }
    return [verdict for verdict in reversed(SEVERITY) if verdict in drawn]


def draw_panel(response: Response, panel: Panel, verdicts: list[Verdict], last: bool) -> Any:
    """Return the layers of one panel, whose legend has these verdicts.

    What the doses mean stands under the last panel.
    """
    import altair as alt

    x, y = make_dose_axis(response, last), make_value_axis(panel)
    medians = [
        {"dose": dose, "value": middle(map(panel.read, group))}
        for dose, group in response.doses.items()
    ]
    line = alt.Chart({"values": medians}).mark_line(color="#777777", strokeWidth=1.5)
    layers = [line.encode(x=x, y=y)]
    if panel.right is not None:
        layers += draw_right_share(panel.right, y)
    if response.own is not None:
        own = alt.Chart({"values": [{"dose": response.own}]}).encode(x=x)
        layers.append(own.mark_rule(color=INK, strokeDash=[6, 4], strokeWidth=1.5))
    layers.append(draw_marks(response, panel, verdicts).encode(x=x, y=y))
    layers += draw_missing(response, panel, x)
    heading = alt.TitleParams(panel.heading, anchor="start", frame="group", fontSize=14)
    return alt.layer(*layers).properties(title=heading)


def make_dose_axis(response: Response, titled: bool) -> Any:
    """Return the x axis: one tick per dose, labelled with exactly the dose, the own one bold."""
    import altair as alt

    doses = list(response.doses)
    scale = choose_dose_scale(doses, WIDTH - 2 * MARGIN)
    rows = assign_rows(doses, scale.spread_out(doses, WIDTH - 2 * MARGIN))
    own = "false" if response.own is None else f"datum.value === {response.own!r}"
    return alt.X(
        "dose:Q",
        title=f"dose: {response.first.dose_of}{AXIS_WORDS[scale.kind]}" if titled else None,
        scale=make_scale(scale, (doses[0], doses[-1])),
        axis=alt.Axis(
            values=doses,
            labelExpr=write_label_expression(doses, rows),
            labelOverlap=False,
            labelFontWeight=alt.condition(own, alt.value("bold"), alt.value("normal")),
            labelLineHeight=15,
        ),
    )


def make_value_axis(panel: Panel) -> Any:
    """Return the y axis of a panel; its heading stands above, so the axis has no title."""
    import altair as alt

    axis = alt.Axis(tickCount=6)
    if panel.ticks is not None:
        axis = alt.Axis(values=panel.ticks, labelExpr=write_label_expression(panel.ticks))
    return alt.Y("value:Q", title=None, axis=axis, scale=make_scale(panel.scale, panel.limits))


def make_scale(scale: Scale, domain: tuple[float, float]) -> Any:
    """Return Altair's scale of this kind, a little wider than the numbers on it."""
    import altair as alt

    options: dict[str, Any] = {"zero": False}
    if scale.kind != "linear":
        options = {"constant": scale.constant} if scale.kind == "symlog" else {}
    return alt.Scale(type=scale.kind, domain=list(domain), nice=False, padding=MARGIN, **options)


def draw_marks(response: Response, panel: Panel, verdicts: list[Verdict]) -> Any:
    """Return a mark per outcome that has a number: colour and shape say its verdict."""
    import altair as alt

    marks = [
        {
            "dose": dose,
            "value": value,
            "verdict": outcome.verdict,
            "seed": outcome.seed,
            "shown": show_exactly(dose),
        }
        for dose, group in response.doses.items()
        for outcome in group
        if (value := panel.read(outcome)) is not None
    ]
    colours, shapes = zip(*(MARKS.get(each, OTHER_MARK) for each in verdicts), strict=True)
    return (
        alt.Chart({"values": marks})
        .mark_point(size=100, filled=True, opacity=0.85, stroke=INK, strokeWidth=0.8)
        .encode(
            color=alt.Color("verdict:N", scale=alt.Scale(domain=verdicts, range=list(colours))),
            shape=alt.Shape("verdict:N", scale=alt.Scale(domain=verdicts, range=list(shapes))),
            tooltip=[
                alt.Tooltip("shown:N", title="dose"),
                alt.Tooltip("verdict:N"),
                alt.Tooltip("value:Q", title=panel.heading.split(":")[0]),
                alt.Tooltip("seed:Q"),
            ],
        )
    )


def draw_right_share(share: float, y: Any) -> list[Any]:
    """Return a dotted line at what the right predictions show, and its label."""
    import altair as alt

    base = alt.Chart({"values": [{"value": share, "said": "in the right predictions"}]}).encode(y=y)
    label = base.mark_text(align="right", baseline="bottom", dy=-3, fontSize=13, color=INK)
    return [
        base.mark_rule(color="#555555", strokeDash=[1, 3]),
        label.encode(x=alt.value(WIDTH - MARGIN - 8), text="said:N"),
    ]


def draw_missing(response: Response, panel: Panel, x: Any) -> list[Any]:
    """Return the verdicts of outcomes without a number, at the panel's upper edge."""
    import altair as alt

    missing = [
        {"dose": dose, "said": name_missing(group, panel)}
        for dose, group in response.doses.items()
        if any(panel.read(each) is None for each in group)
    ]
    if not missing:
        return []
    base = alt.Chart({"values": missing}).encode(x=x, y=alt.value(14), text="said:N")
    halo = base.mark_text(fontSize=13, stroke="white", strokeWidth=5)
    return [halo, base.mark_text(fontSize=13, color=INK)]


def name_missing(group: list[Outcome], panel: Panel) -> str:
    """Return the verdicts of the outcomes without a number: "nan", or "nan 2/8" of the seeds."""
    verdicts = Counter(outcome.verdict for outcome in group if panel.read(outcome) is None)
    return ", ".join(
        verdict if count == len(group) else f"{verdict} {count}/{len(group)}"
        for verdict, count in verdicts.most_common()
    )
