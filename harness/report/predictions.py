"""Some predictions of every path under those of the model before it was saved."""

from collections.abc import Iterable

from harness.catalog.scenario import SIDES
from harness.report.layout import UNLIMITED, Layout, draw_table, write_prose
from harness.results.outcome import Outcome
from harness.results.sample import VALUES, Sample, Value

BEFORE = "before saving"


def present_predictions(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> list[str]:
    """Return a sentence and a table for one scenario: before saving, broken paths, then cures.

    Returns nothing for outcomes of several scenarios, seeds, doses, releases or devices, and where
    no path predicted.
    """
    ran = [each for each in outcomes if each.verdict != "skip"]
    if len({each.key._replace(path="", writer="") for each in ran}) != 1:
        return []
    ordered = sorted(ran, key=lambda each: SIDES.index(each.side))
    groups: dict[tuple[int, ...], list[tuple[Outcome, Sample]]] = {}
    for outcome in ordered:
        if outcome.sample:
            groups.setdefault(tuple(outcome.sample.rows), []).append((outcome, outcome.sample))
    silent = [each for each in ordered if not each.sample]
    shown: list[str] = []
    for group in groups.values():
        cells = fill_cells(group, [] if shown else silent)
        shown += [write_prose(describe_sample(group[0][1]), layout), draw_cells(cells, layout)]
    return shown


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


def fill_cells(group: list[tuple[Outcome, Sample]], silent: list[Outcome]) -> list[list[str]]:
    """Return the cells of a table for samples of the same rows, headings first.

    Paths that read what another save step left stand below its predictions. Of `silent` paths,
    which predicted nothing, there is the verdict.
    """
    headings = ["path", *(f"row {row}" for row in group[0][1].rows)]
    lines = [[name_path(each), each.verdict] for each in silent]
    references: list[list[list[Value]]] = []
    for _, sample in group:
        if sample.reference not in references:
            references.append(sample.reference)
    for number, reference in enumerate(references):
        before = [BEFORE, *map(spell_row, reference)]
        lines.insert(0 if number == 0 else len(lines), before)
        lines += [
            [name_path(outcome), *map(spell_row, sample.restored)]
            for outcome, sample in group
            if sample.reference == reference
        ]
    return [headings, *(line + [""] * (len(headings) - len(line)) for line in lines)]


def name_path(outcome: Outcome) -> str:
    """Return the name of a path as tables have it."""
    return outcome.path.removeprefix("restore_")


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
