"""The output of a run on stdout, the same for `run` and `show`."""

from harness.cli.options import suggest_lesson
from harness.program import command_line
from harness.report.dose import has_doses, make_dose_table
from harness.report.layout import UNLIMITED, Layout, write_prose
from harness.report.predictions import present_predictions
from harness.report.releases import has_releases, make_release_table, make_span_table
from harness.report.summary import describe_environments, say_who_restored, summarize
from harness.report.table import make_rate_table, make_table, worst_first
from harness.results.json_files import ResultFile
from harness.results.judgement import any_changed, group_by_path


def present(document: ResultFile, layout: Layout = UNLIMITED) -> str:
    """Return the header, table and summary of a run; a run of several seeds gets rates."""
    outcomes = document.outcomes
    sides = say_who_restored(document.environments, outcomes)
    described = [*describe_environments(document.environments), *sides]
    header = write_prose("\n".join(described), layout)
    summary = write_prose(summarize(outcomes), layout)
    if has_releases(document):
        tables = (make_release_table(document, layout), make_span_table(document, layout))
        return "\n\n".join([*tables, summary])
    if has_doses(outcomes):
        shown = [summary] if any_changed(outcomes) else []  # a table of doses gives no reasons
        return "\n\n".join([header, make_dose_table(outcomes, layout), *shown])
    several = any(len(group) > 1 for group in group_by_path(outcomes))
    table = make_rate_table(outcomes, layout) if several else make_table(outcomes, layout)
    return "\n\n".join([header, table, *present_predictions(outcomes, layout), summary])


def next_step(document: ResultFile) -> str:
    """Return the last line, the next command."""
    outcomes = document.outcomes
    changed = [outcome for outcome in outcomes if outcome.judgement == "changed"]
    zeros = [outcome for outcome in outcomes if outcome.verdict == "zeros"]
    telling = [*changed, *zeros, *sorted(outcomes, key=worst_first)]
    shown = (
        suggest_lesson(telling[0].scenario) if telling else command_line("explain --symptom zeros")
    )
    return f"Next: {shown}"
