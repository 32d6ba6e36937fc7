"""How words of the command line are read: releases, and the FILE of --json."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.commands import complete_json
from harness.cli.releases_option import adopt_releases, split_releases
from harness.cli.terminal import fit_message
from harness.errors import RestorebenchError, UsageError

PLAIN = ["1.15", "2.15", "2.15.1", "2.16+legacy", "2.20+gpu", "nightly", "this", "this+legacy"]
NAMES = st.sampled_from([*PLAIN, "2.16 with keras==3.15.1", "a/python", "./python+legacy"])


@given(st.lists(st.lists(NAMES, min_size=1), min_size=1))
def test_releases_come_one_by_one_however_they_are_grouped(groups):
    words = [",".join(group) for group in groups]
    assert split_releases(words) == [name for group in groups for name in group]


@pytest.mark.parametrize(
    "value",
    ["2.16 with keras>=3,<4", "2.16 with keras>=3,<4,!=3.5", "two,three", "2.15,x", "x,2.15"],
)
def test_a_comma_that_parts_no_releases_stays(value):
    assert split_releases([value]) == [value]


def test_a_path_with_a_comma_that_is_there_is_one_release(tmp_path):
    (tmp_path / "a,b").mkdir()
    python = tmp_path / "a,b" / "python"
    python.touch()
    assert split_releases([str(python)]) == [str(python)]


def test_spaces_and_a_last_comma_are_forgiven():
    assert split_releases(["2.15, 2.21", "nightly,"]) == ["2.15", "2.21", "nightly"]
    assert split_releases(None) == []


@pytest.mark.parametrize("value", ["", ",", " , "])
def test_a_value_without_a_release_is_not_this_interpreter(value):
    with pytest.raises(UsageError, match="a release is missing"):
        split_releases([value])


@given(st.lists(NAMES, max_size=3))
def test_releases_that_follow_an_option_as_words_are_adopted(others):
    words = ["dead-relu-head", *others]
    assert adopt_releases(words, ["2.4"]) == (["dead-relu-head"], ["2.4", *others])
    assert adopt_releases(words, []) == (words, [])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["--json"], ["--json=-"]),
        (["--json", "zeros"], ["--json=-", "zeros"]),
        (["--json", "--all"], ["--json=-", "--all"]),
        (["--json", "run.json"], ["--json", "run.json"]),
        (["--json", "a/b.json", "x"], ["--json", "a/b.json", "x"]),
        (["--json", "-"], ["--json", "-"]),
        (["--json=out"], ["--json=out"]),
        (["x", "--", "--json"], ["x", "--", "--json"]),
        (["--benchmark-json", "b.json"], ["--benchmark-json", "b.json"]),
        ([], []),
    ],
)
def test_json_takes_a_file_only_where_one_is_named(typed, read):
    assert complete_json(typed) == read


@given(
    st.lists(st.text("ab ,", min_size=1, max_size=200), min_size=2, max_size=4),
    st.integers(40, 120),
)
def test_an_error_fits_the_terminal_and_its_tip_can_be_copied(parts, width):
    problem, *found = (" ".join(part.split()) or "a" for part in parts)
    tip = "python -m harness " + "list " * 30
    message = RestorebenchError(problem, "\n".join(found), tip).render()
    *shown, last = fit_message(message, width).split("\n")
    assert last == f"TIP    {tip}"
    assert " ".join(shown).split() == message.partition("TIP")[0].split()
    assert all(line.startswith("       ") for line in shown[1:])
    longest = max(len(word) for part in parts for word in [*part.split(), ""])
    assert max(map(len, shown)) <= max(width, 7 + longest)
    assert fit_message(message, None) == message


def test_a_fault_goes_on_under_its_words():
    assert fit_message("FAULT  lab/my_own.py:1: the text is still there", 40) == (
        "FAULT  lab/my_own.py:1: the text is\n       still there"
    )
