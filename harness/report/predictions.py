"""Some predictions of every path under those of the model before it was saved."""

from collections.abc import Iterable

from harness.catalog.scenario import SIDES
from harness.report.layout import UNLIMITED, Layout, draw_table, write_prose
from harness.results.outcome import Outcome
from harness.results.sample import VALUES, Sample, Value

BEFORE = "before saving"


def present_predictions(outcomes: Iterable[Outcome], layout: Layout = UNLIMITED) -> list[str]:
    """Return a sentence and a table for one scenario: a line per path, a column per row.

    Broken paths come first. Returns nothing for outcomes of several scenarios, seeds, doses,
    releases or devices, and where no path predicted.
    """
    ran = [each for each in outcomes if each.verdict != "skip"]
    if len({each.key._replace(path="", writer="") for each in ran}) != 1:
        return []
    ordered = sorted(ran, key=lambda each: SIDES.index(each.side))
    groups: dict[tuple[int, ...], list[tuple[Outcome, Sample]]] = {}
    for outcome in ordered:
        if outcome.sample:
            groups.setdefault(tuple(outcome.sample.rows), []).append((outcome, outcome.sample))
    shown: list[str] = []
    for group in groups.values():
        without = [each for each in ordered if not each.sample] if not shown else []
        shown += [
            write_prose(describe_sample(group[0][1]), layout),
            draw_predictions(group, without, layout),
        ]
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


def draw_predictions(
    group: list[tuple[Outcome, Sample]], without: list[Outcome], layout: Layout
) -> str:
    """Return the table for samples of the same rows; paths `without` a sample show the verdict."""
    headers = ["path", *(f"row {row}" for row in group[0][1].rows)]
    lines: list[list[str]] = []
    before: list[list[Value]] | None = None
    for outcome, sample in group:
        if sample.reference != before:  # a path may read what another save step left
            before = sample.reference
            lines.append([BEFORE, *map(spell_row, before)])
        lines.append([outcome.path.removeprefix("restore_"), *map(spell_row, sample.restored)])
    lines += [[each.path.removeprefix("restore_"), each.verdict] for each in without]
    rows = [line + [""] * (len(headers) - len(line)) for line in lines]
    return draw_table(headers, rows, layout, right=headers[1:], verdicts=headers[1:])


def spell_row(values: list[Value]) -> str:
    """Return the values of a row, numbers with four digits."""
    return " ".join(f"{each:.4g}" if isinstance(each, float) else str(each) for each in values)
