"""Many releases: spans in tables: harness/report/releases.py."""

from hypothesis import given
from hypothesis import strategies as st

from harness.environments.releases import RELEASES
from harness.report.layout import Layout
from harness.report.releases import join_spans, make_release_table, make_span_table
from harness.report.summary import summarize
from harness.results.json_files import make_result_file
from tests.unit.builders import make_outcome, make_record, make_release_file, make_run


def test_doses_are_shown_without_needless_decimals():
    doses = {"dose_of": "rows", "own_dose": 8.0}
    run = make_run([make_record(dose=dose, **doses) for dose in (0.0, 0.5, 8.0)])
    rows = [line.split() for line in make_span_table(make_result_file(run)).splitlines()[2:]]
    assert [row[2] for row in rows] == ["0", "0.5", "8"]


def test_doses_go_up_and_lose_no_digit():
    doses = [-2.0, 0.5, 8.0, 10.0, 1234567.0, 1234568.0]
    run = make_run([make_record(dose=dose, dose_of="rows", own_dose=8.0) for dose in doses])
    rows = [line.split() for line in make_span_table(make_result_file(run)).splitlines()[2:]]
    assert [row[2] for row in rows] == ["-2", "0.5", "8", "10", "1234567", "1234568"]


@given(st.sets(st.sampled_from([name for name in RELEASES if name != "nightly"])))
def test_spans_name_exactly_the_releases_they_span(names):
    known = list(RELEASES)
    labels = [name for name in known if name in names]
    named = []
    for span in filter(None, join_spans(list(range(len(labels))), labels).split(", ")):
        first, _, last = span.partition("-")
        named += known[known.index(first) : known.index(last or first) + 1]
    assert named == labels


def test_no_dash_claims_a_release_that_was_not_run():
    assert join_spans([0, 1, 2], ["2.4", "2.15", "2.21"]) == "2.4, 2.15, 2.21"
    assert join_spans([0, 1, 2, 3], ["2.4", "2.5", "2.6", "this"]) == "2.4-2.6, this"


def test_at_80_columns_versions_go_before_a_heading_is_broken():
    shown = make_release_table(make_release_file(["zeros"] * 4, expected=""), Layout(width=80))
    assert shown.startswith("release  TensorFlow  Keras")
    assert "Left out: Python, numpy." in shown


def test_doses_without_a_declared_verdict_are_not_called_the_work_of_two_releases():
    dosed = {"dose_of": "rows", "own_dose": 8.0}
    doses = [make_outcome(dose=1.0, expected="", judgement=None, **dosed)]
    said = summarize([*doses, make_outcome(dose=8.0, **dosed)])
    assert "No verdicts are declared for doses but the lesson's own: 1 zeros." in said
    assert "One release saved" not in said
