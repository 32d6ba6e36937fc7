"""Some predictions of every path under those of the model before it was saved."""

from collections.abc import Iterable
from itertools import groupby

from harness.catalog.scenario import SIDES
from harness.report.layout import UNLIMITED, Layout, draw_table, write_prose
from harness.results.outcome import Outcome
from harness.results.sample import VALUES, Sample, Value

BEFORE = "before saving"
Group = tuple[Sample, list[Outcome]]


def present_predictions(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> list[str]:
    """Return a sentence and a table for one scenario: before saving, broken paths, then cures.

    Returns nothing for outcomes of several scenarios, seeds, doses, releases or devices, and where
    no path predicted.
    """
    ran = [each for each in outcomes if each.verdict != "skip"]
    if len({each.key._replace(path="", writer="") for each in ran}) != 1:
        return []
    ordered = sorted(ran, key=lambda each: (SIDES.index(each.side), each.path))
    shown: list[str] = []
    for _, groups in groupby(group_by_reference(ordered), lambda group: group[0].rows):
        alike = list(groups)
        shown.append(write_prose(describe_sample(alike[0][0]), layout))
        shown.append(draw_cells(fill_cells(alike), layout))
    return shown


def group_by_reference(outcomes: list[Outcome]) -> list[Group]:
    """Return the outcomes by what was predicted before saving: a path may have its own save step.

    Outcomes that predicted nothing are in the first group.
    """
    known = [each.sample for each in outcomes if each.sample]
    groups: list[Group] = [(known[0], [])] if known else []
    for outcome in outcomes if known else ():
        sample = outcome.sample or known[0]
        for first, members in groups:
            if (first.rows, first.reference) == (sample.rows, sample.reference):
                members.append(outcome)
                break
        else:
            groups.append((sample, [outcome]))
    return groups


def describe_sample(sample: Sample) -> str:
    """Return what the table shows: which rows, and which of their values."""
    shown, rows = len(sample.rows), sample.row_count
    if shown == rows:
        said = f"Predictions for all {rows} rows"
    elif sample.rows == list(range(shown)):
        said = f"Predictions for the first {shown} of {rows} rows"
    else:
        said = f"Predictions for {shown} of {rows} rows (the first ones are all alike)"
    if sample.value_count > VALUES:
        said += f", the first {VALUES} of {sample.value_count} values of each"
    return f"{said}:"


def fill_cells(groups: list[Group]) -> list[list[str]]:
    """Return the cells of a table, headings first: what was before saving, then what came back.

    Of a path that predicted nothing there is the verdict.
    """
    cells = [["path", *(f"row {row}" for row in groups[0][0].rows)]]
    for first, outcomes in groups:
        cells.append([BEFORE, *map(spell_row, first.reference)])
        for each in outcomes:
            restored = map(spell_row, each.sample.restored) if each.sample else [each.verdict]
            cells.append([each.path.removeprefix("restore_"), *restored])
    return [line + [""] * (len(cells[0]) - len(line)) for line in cells]


def draw_cells(cells: list[list[str]], layout: Layout) -> str:
    """Return the table with a line per path; with a line per row, if only that fits the layout."""

    def draw(headings: list[str], *lines: list[str]) -> str:
        return draw_table(headings, lines, layout, right=headings[1:], verdicts=headings[1:])

    drawn = draw(*cells)
    if layout.width is None or drawn.count("\n") == len(cells):  # no line was broken
        return drawn
    turned = [list(line) for line in zip(*cells, strict=True)]
    turned[0][0] = ""
    other = draw(*turned)
    return other if other.count("\n") == len(turned) else drawn


def spell_row(values: list[Value]) -> str:
    """Return the values of a row, numbers with four digits."""
    return " ".join(f"{each:.4g}" if isinstance(each, float) else str(each) for each in values)
