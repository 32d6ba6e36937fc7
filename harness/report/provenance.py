"""The table of `artifact`: the rewritten files, their writer, and how they compare."""

from harness.artifacts.regenerate import Regenerated
from harness.formats.contents import ROUNDING, ContentComparison
from harness.report.layout import Layout, draw_table

HEADERS = (
    "scenario",
    "writer",
    "Keras",
    "numpy",
    "compared with the committed files",
    "what differs",
)
SHOWN = 2  # differences in a row of the table
LONGEST = 70  # characters of one; an address ends with what tells it apart


def make_provenance_table(rows: list[tuple[str, Regenerated, bool]], layout: Layout) -> str:
    """Return a row per scenario: the id, the writer and the comparison."""
    cells = []
    for identifier, made, written in rows:
        facts = made.writer.facts
        keras = str(facts.keras) + (" (tf_keras)" if made.writer.environment.legacy_keras else "")
        state = made.comparison.kind + (", written" if written else "")
        cells.append(
            [
                identifier,
                facts.tensorflow,
                keras,
                facts.numpy,
                state,
                describe_differences(made.comparison),
            ]
        )
    return draw_table(HEADERS, cells, layout)


def describe_differences(comparison: ContentComparison) -> str:
    """Return the largest rounding, or the first differences and the number of the rest."""
    if comparison.kind == ROUNDING:
        return f"by {comparison.rounding:.1e} of the largest number"
    said = [keep_end(each) for each in comparison.differences[:SHOWN]]
    more = len(comparison.differences) - SHOWN
    return "; ".join(said) + (f"; {more} more" if more > 0 else "")


def keep_end(line: str) -> str:
    """Return the end of a line, if the line is too long for a column."""
    return line if len(line) <= LONGEST else "..." + line[-LONGEST:]
