"""Which declared rule applies where: harness/catalog/expectations.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.expectations import (
    Circumstances,
    Expectation,
    Rule,
    applies,
    find_mistakes,
    read_rules,
)
from harness.catalog.expectations import find_expectation as find_by_rules
from harness.verdicts.names import VERDICTS


def find_expectation(declared, where):
    return find_by_rules(read_rules(declared), where)


HERE = Circumstances(reader="2.21.0", writer="2.15.0", keras="3.15.1", device="CPU:0")
LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "verdict": st.sampled_from(VERDICTS) | LITERALS,
        "reader": st.sampled_from((">=2.16", "<2.22", "==2.4.*")) | LITERALS,
        "device": st.sampled_from(("cpu", "GPU")) | LITERALS,
        "rate": st.just([0.4, 0.6]) | LITERALS,
        "why": LITERALS,
    },
)


def test_a_plain_verdict_is_expected_everywhere():
    assert find_expectation("zeros", HERE) == Expectation("zeros", (1.0, 1.0))


def test_the_first_rule_that_fits_decides():
    rules = [
        {"reader": "<2.16", "verdict": "match"},
        {"reader": ">=2.16", "verdict": "error", "why": "It was removed."},
        {"verdict": "zeros"},
    ]
    assert find_expectation(rules, HERE) == Expectation("error", why="It was removed.")
    assert find_expectation(rules[::-1], HERE).verdict == "zeros"


def test_every_condition_of_a_rule_must_hold():
    fits = {"reader": "==2.21.*", "writer": "==2.15.0", "keras": ">=3", "device": "cpu"}
    assert find_expectation([fits | {"verdict": "nan"}], HERE).verdict == "nan"
    for condition, other in {
        "reader": "<2.21",
        "writer": ">2.15",
        "keras": "<3",
        "device": "gpu",
    }.items():
        rules = [fits | {condition: other, "verdict": "nan"}, {"verdict": "match"}]
        assert find_expectation(rules, HERE).verdict == "match", condition


def test_a_rule_may_declare_a_rate():
    assert find_expectation([{"verdict": "zeros", "rate": [0, 1]}], HERE).rate == (0.0, 1.0)


def test_where_no_rule_fits_the_path_is_skipped_and_says_so():
    found = find_expectation([{"reader": "<2", "verdict": "zeros"}], HERE)
    assert found.verdict == "skip"
    assert "no rule" in found.why


@pytest.mark.parametrize(
    ("device", "actual", "fits"),
    [("gpu", "GPU:0", True), ("GPU:1", "GPU:0", False), ("cpu", "GPU:0", False)],
)
def test_a_device_is_matched_by_its_beginning_whatever_its_case(device, actual, fits):
    where = Circumstances("2.21.0", "2.21.0", "3.15.1", actual)
    assert where.meet(Rule("match", device=device)) == fits


@pytest.mark.parametrize(
    ("specifier", "version", "fits"),
    [
        (">=2.21", "2.22.0.dev20261101", True),
        (">=2.22", "2.22.0.dev20261101", True),
        ("<2.22", "2.22.0-dev20261101", False),
        (">=2.16", "2.16.0rc0", True),
        ("<2.16", "2.16.0rc0", False),
        (">2.16", "2.16.0rc0", False),
        ("==2.16.*", "2.16.0rc0", True),
        ("==2.16.0rc0", "2.16.0rc0", True),
        ("==2.15.0", "2.15.0+nv23.11", True),
        ("<3", "2.2.4-tf", True),
        ("!=3.0.*", "2.3.0-tf", True),
        (">=3", "None", False),
        (">=3", "whatever", False),
    ],
)
def test_nightlies_and_candidates_count_as_the_release_they_lead_to(specifier, version, fits):
    assert applies(specifier, version) == fits


@given(
    st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(0, 3)),
    st.sampled_from(("", "rc0", ".dev20261101", "+local", ".post1")),
    st.tuples(st.integers(1, 3), st.integers(0, 30)),
)
def test_two_rules_that_leave_no_gap_always_decide_between_them(release, suffix, edge):
    version, edge = ".".join(map(str, release)) + suffix, ".".join(map(str, edge))
    assert applies(f"<{edge}", version) != applies(f">={edge}", version)


@pytest.mark.parametrize("declared", [*VERDICTS, [{"verdict": "zeros", "rate": [0.4, 0.6]}]])
def test_what_is_right_has_no_mistakes(declared):
    assert find_mistakes(declared) == []


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ("zero", "the verdict must be one of match, zeros, constant, nan, shape"),
        ([], "must be a verdict or a list of rules, found []"),
        (None, "must be a verdict or a list of rules, found None"),
        ({"verdict": "zeros"}, "must be a verdict or a list of rules, found {"),
        (["zeros"], "a rule must be a dict, found 'zeros'"),
        ([{"reader": ">=2"}], "found None"),
        ([{"verdict": []}], "found []"),
        ([{"verdict": "zeros", "gpu": 1, 3: 4}], "the rule has an unknown key 'gpu'"),
        ([{"verdict": "zeros", "reader": "2.16"}], "'reader' must be a version specifier"),
        ([{"verdict": "zeros", "writer": ""}], "'writer' must be a version specifier, found ''"),
        ([{"verdict": "zeros", "keras": 3}], "'keras' must be a version specifier, found 3"),
        ([{"verdict": "zeros", "device": 0}], "'device' must be a str, found 0"),
        ([{"verdict": "zeros", "why": ["because"]}], "'why' must be a str, found ['because']"),
        ([{"verdict": "zeros", "rate": 0.5}], "'rate' must be [low, high] within 0..1, found 0.5"),
        ([{"verdict": "zeros", "rate": [0.6, 0.4]}], "'rate' must be [low, high]"),
        ([{"verdict": "zeros", "rate": [0.4, 1.1]}], "'rate' must be [low, high]"),
        ([{"verdict": "zeros", "rate": [0.4]}], "'rate' must be [low, high]"),
        ([{"verdict": "zeros", "rate": ["0", "1"]}], "'rate' must be [low, high]"),
    ],
)
def test_every_mistake_is_said(declared, sentence):
    assert any(sentence in mistake for mistake in find_mistakes(declared))


def test_all_mistakes_are_said_at_once():
    assert len(find_mistakes([{"verdict": "x", "a": 1, "reader": 2, "rate": 3}, 4])) == 5


@given(LITERALS | st.lists(RULES | LITERALS, max_size=3))
def test_what_has_no_mistakes_can_be_used_and_nothing_raises(declared):
    if not find_mistakes(declared):
        assert find_expectation(declared, HERE).verdict in VERDICTS
