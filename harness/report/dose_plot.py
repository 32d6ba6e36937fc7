"""Plots of how a failure grows with its dose, drawn by Altair: the numbers of the dose table."""

import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.report.dose import Response, group_by_dose
from harness.report.dose_panel import WIDTH, choose_panels, draw_panel, find_drawn
from harness.report.table import show_exactly
from harness.results.outcome import Outcome

LONGEST_LINE = 74  # of a title, in characters
# What the page's menu offers; Vega's editor needs a network.
MENU = {"export": True, "source": False, "compiled": False, "editor": False}
FORMATS: dict[str, dict[str, Any]] = {  # the endings of a plot's files, and how each is saved
    "html": {"inline": True, "embed_options": {"actions": MENU}},
    "svg": {},
    "png": {"scale_factor": 2},
}


def plot_doses(
    outcomes: Iterable[Outcome], folder: Path, summaries: Mapping[str, str]
) -> list[Path]:
    """Plot every path with doses as HTML, SVG and PNG into `folder`; return the files.

    `summaries` maps a scenario's id to the sentence that says what goes wrong, the plot's title.
    A path of which no dose gave a number has no plot. The HTML opens without a network.
    """
    files = []
    for response in group_by_dose(outcomes):
        if choose_panels(response):
            chart = draw_response(response, summaries.get(response.scenario, ""))
            for ending, how in FORMATS.items():
                file = folder / f"{name_file(response)}.{ending}"
                chart.save(str(file), **how)
                files.append(file)
    return files


def name_file(response: Response) -> str:
    """Return "dose-ID", with the path and the environment where they are not the usual ones."""
    path = "" if response.path == "restore_broken" else response.path
    named = f"{response.scenario} {path}{response.where}".strip()
    return "dose-" + re.sub(r"[^\w.+-]+", "-", named)


def draw_response(response: Response, summary: str = "") -> Any:
    """Return an Altair chart of one response: a panel per quantity, a mark per seed, a line
    through the medians, and a dashed line at the lesson's own dose.
    """
    import altair as alt  # heavy, and only needed to draw

    panels = choose_panels(response)
    height = 340 if len(panels) == 1 else 210
    verdicts = find_drawn(response, panels)
    drawn = [draw_panel(response, panel, verdicts, last=panel is panels[-1]) for panel in panels]
    title = alt.TitleParams(
        break_title(summary or response.scenario),
        subtitle=describe(response),
        anchor="start",
        frame="bounds",
        fontSize=17,
        lineHeight=21,
        subtitleFontSize=14,
        subtitleLineHeight=19,
        subtitleColor="#333333",
        subtitlePadding=6,
        offset=12,
    )
    return (
        alt.vconcat(
            *(each.properties(width=WIDTH, height=height) for each in drawn),
            spacing=18,
            background="white",
            padding=10,
        )
        .properties(title=title)
        .configure_axis(labelFontSize=13, titleFontSize=14, gridColor="#e4e4e4", titlePadding=8)
        .configure_legend(
            labelFontSize=14, titleFontSize=14, symbolSize=110, orient="top", titleOrient="left"
        )
    )


def break_title(title: str) -> list[str]:
    """Return the lines of a title, about equally long."""
    lines = math.ceil(len(title) / LONGEST_LINE)
    return textwrap.wrap(title, min(LONGEST_LINE, len(title) // lines + 8))


def describe(response: Response) -> list[str]:
    """Return the lines under the title: what was run, what the marks and the dashed line are."""
    named = f"{response.scenario} {response.path}{response.where}"
    if " in " not in response.where:
        named += f" in {response.first.reader}"
    lines = [re.sub(r"tensorflow-(\S+?)\+keras-", r"TensorFlow \1, Keras ", named)]
    seeds = {outcome.seed for group in response.doses.values() for outcome in group}
    if len(seeds) > 1:
        lines.append(f"A mark for each of {len(seeds)} seeds; the line goes through the medians.")
    if response.own is not None:
        lines.append(f"Dashed line: the lesson itself, dose {show_exactly(response.own)}.")
    return lines
