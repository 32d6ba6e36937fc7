"""Many releases: spans in tables, and options that take several: harness/report/releases.py."""

from hypothesis import given
from hypothesis import strategies as st

from harness.cli.options import spread_releases
from harness.report.releases import join_spans


@given(st.sets(st.integers(0, 30)))
def test_spans_name_exactly_the_releases_they_span(indices):
    labels = [f"r{index}" for index in range(31)]
    named = set()
    for span in filter(None, join_spans(sorted(indices), labels).split(", ")):
        first, _, last = span.partition("-")
        named |= set(range(int(first[1:]), int((last or first)[1:]) + 1))
    assert named == indices


def test_an_option_takes_all_the_releases_that_follow_it():
    words = ["run", "--tf", "1.15", "2.4+legacy", "/usr/bin/python3", "nightly", "zscore", "--all"]
    assert spread_releases(words) == [
        "run", "--tf", "1.15", "--tf", "2.4+legacy", "--tf", "/usr/bin/python3", "--tf", "nightly",
        "zscore", "--all",
    ]  # fmt: skip
    words = ["run", "--writer", "nonsense", "case", "--reader", "2.15", "2.21", "--seed", "7"]
    assert spread_releases(words) == [
        "run", "--writer", "nonsense", "case", "--reader", "2.15", "--reader", "2.21", "--seed",
        "7",
    ]  # fmt: skip


@given(st.lists(st.sampled_from(["--tf", "2.4", "case", "--seed", "--reader=2.4", "7"])))
def test_no_word_is_lost_or_changed(words):
    spread = spread_releases(words)
    for option in ("--tf", "--reader"):
        spread = [word for word in spread if word != option]
    assert spread == [word for word in words if word not in ("--tf", "--reader")]
