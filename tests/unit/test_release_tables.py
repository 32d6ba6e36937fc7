"""Many releases: spans in tables, and options that take several: harness/report/releases.py."""

from hypothesis import given
from hypothesis import strategies as st

from harness.cli.options import spread_releases
from harness.environments.releases import RELEASES
from harness.report.releases import join_spans


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


def test_an_option_takes_all_the_releases_that_follow_it():
    words = ["run", "--tf", "1.15", "2.4+legacy", "/usr/bin/python3", "nightly", "zscore", "--all"]
    assert spread_releases(words) == [
        "run",
        "--tf",
        "1.15",
        "--tf",
        "2.4+legacy",
        "--tf",
        "/usr/bin/python3",
        "--tf",
        "nightly",
        "zscore",
        "--all",
    ]
    assert spread_releases(["run", "--tf", "2.15,2.21"]) == ["run", "--tf", "2.15", "--tf", "2.21"]
    words = ["run", "--writer", "nonsense", "case", "--reader", "2.15", "2.21", "--seed", "7"]
    assert spread_releases(words) == [
        "run",
        "--writer",
        "nonsense",
        "case",
        "--reader",
        "2.15",
        "--reader",
        "2.21",
        "--seed",
        "7",
    ]


@given(st.lists(st.sampled_from(["--tf", "2.4", "case", "--seed", "--reader=2.4", "7"])))
def test_no_word_is_lost_or_changed(words):
    spread = spread_releases(words)
    for option in ("--tf", "--reader"):
        spread = [word for word in spread if word != option]
    assert spread == [word for word in words if word not in ("--tf", "--reader")]
