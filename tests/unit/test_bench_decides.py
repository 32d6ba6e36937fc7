"""What `bench` answers for raw data whose truth is known."""

import msgspec
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.answers import choose_exit_code
from harness.bench.decide import LOOKS, decide, plan_looks, pooled
from harness.bench.raw import MeasuredPair, RawFolder
from harness.bench.statistics import (
    estimate,
    mann_whitney,
    percentile,
    reject_by_holm,
    t_quantile,
    t_tail,
)
from tests.unit.bench_data import make_pairs

NAME = "dense/call"


def answer_of(pairs, most=12):
    return decide({NAME: pairs}, most)[NAME]


@given(st.floats(-50, 50), st.integers(1, 60))
def test_tails_of_t_are_those_of_scipy(t, freedom):
    assert t_tail(t, freedom) == pytest.approx(2 * scipy.stats.t.sf(abs(t), freedom), abs=1e-9)


@given(st.floats(1e-5, 0.5), st.integers(1, 60))
def test_quantiles_of_t_are_those_of_scipy(tail, freedom):
    expected = scipy.stats.t.isf(tail / 2, freedom)
    assert t_quantile(tail, freedom) == pytest.approx(expected, rel=1e-4)


@given(st.integers(0, 10**6))
def test_the_u_test_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 30, 25).astype(float), rng.integers(2, 32, 30).astype(float)
    expected = scipy.stats.mannwhitneyu(a, b, method="asymptotic").pvalue
    assert mann_whitney(a, b) == pytest.approx(expected, abs=1e-6)


def test_holm_stops_at_the_first_that_it_keeps():
    assert reject_by_holm([0.004, 0.04, 0.001], 0.01) == [True, False, True]
    assert reject_by_holm([0.006, 0.001, 0.2], 0.01) == [False, True, False]


def test_no_percentile_comes_from_fewer_calls_than_carry_it():
    five = np.arange(5.0)
    assert [percentile(five, each) for each in (99, 90, 10)] == [None, None, None]
    assert percentile(np.arange(100.0), 99) is not None


@pytest.mark.parametrize(("ratio", "answer"), [(1.05, "slower"), (0.95, "faster"), (1.0, "same")])
def test_a_difference_is_found_and_none_is_made_up(ratio, answer):
    found = answer_of(make_pairs(np.random.default_rng(1), ratio, between=0.004))
    assert found.answer == answer
    assert found.ratio == pytest.approx(ratio, abs=0.01)
    assert found.interval[0] < found.ratio < found.interval[1]


def test_undecided_says_what_it_would_have_shown():
    pairs = make_pairs(np.random.default_rng(3), 1.018, between=0.01)
    found = answer_of(pairs)
    assert found.answer == "undecided"
    assert 0.005 < found.detectable < 0.1


def test_a_release_against_itself_is_hardly_ever_called_slower_or_faster():
    rng = np.random.default_rng(7)
    answers = [answer_of(make_pairs(rng, between=0.012)).answer for _ in range(60)]
    assert sum(each in ("slower", "faster") for each in answers) <= 2


def test_three_percent_are_found_where_processes_differ_by_one():
    rng = np.random.default_rng(8)
    answers = [answer_of(make_pairs(rng, 1.03, between=0.006), 12).answer for _ in range(20)]
    assert sum(each == "slower" for each in answers) >= 18


def test_a_comparison_is_void_where_the_injected_slowdown_is_not_found():
    pairs = make_pairs(np.random.default_rng(2), 1.3, between=0.004, injected=1.0)
    found = answer_of(pairs)
    assert (found.answer, found.controls.injected) == ("void", "same")
    assert "injected" in found.reason


def test_a_comparison_is_void_where_a_differs_from_itself():
    found = answer_of(make_pairs(np.random.default_rng(2), between=0.004, same=1.05))
    assert (found.answer, found.controls.same) == ("void", "slower")
    assert found.reason == "A came out slower than itself"


def test_faster_but_wrong_cannot_win():
    pairs = make_pairs(np.random.default_rng(2), 0.5)
    pairs[3] = msgspec.structs.replace(pairs[3], wrong=[0, 2, 0])
    found = answer_of(pairs)
    assert found.answer == "wrong"
    assert found.reason == "B predicted something else in 2 timed calls"


def test_the_wrong_calls_of_one_side_are_not_counted_with_those_of_another():
    pairs = make_pairs(np.random.default_rng(2), 0.5)
    pairs[3] = msgspec.structs.replace(pairs[3], wrong=[1, 2, 4])
    assert answer_of(pairs).reason == "A predicted something else in 1 timed call"


def test_what_failed_in_one_pair_has_no_answer():
    pairs = make_pairs(np.random.default_rng(2), pairs=6)
    pairs.append(MeasuredPair(workload=NAME, pair=6, seed=1, failed="B: ended by signal 9"))
    assert answer_of(pairs).answer == "failed"


def test_an_answer_stays_when_more_pairs_are_measured():
    pairs = make_pairs(np.random.default_rng(4), 1.2, between=0.003)
    assert answer_of(pairs) == answer_of(pairs[: min(LOOKS)])


@pytest.mark.parametrize(
    ("most", "looks"), [(5, [5]), (10, [5, 8, 10]), (12, [5, 8, 12]), (30, [5, 8, 12, 20, 30])]
)
def test_the_last_look_is_after_the_last_pair(most, looks):
    assert list(plan_looks(most)) == looks


def test_workloads_share_the_probability_of_a_false_alarm():
    rng = np.random.default_rng(5)
    pairs = make_pairs(rng, 1.02, pairs=5, between=0.0035)
    alone = decide({NAME: pairs}, 5)[NAME]
    others = {f"other/{each}": make_pairs(rng, pairs=5) for each in range(11)}
    among = decide({NAME: pairs, **others}, 5)[NAME]
    assert among.interval == alone.interval
    width = alone.decision_interval[1] - alone.decision_interval[0]
    assert among.decision_interval[1] - among.decision_interval[0] > width


def test_the_same_raw_files_give_the_same_bytes(tmp_path):
    pairs, raw = make_pairs(np.random.default_rng(6)), RawFolder(tmp_path)
    for pair in pairs:
        raw.keep("key", pair)
    again = [raw.load("key", NAME, each.pair, each.seed) for each in pairs]
    assert msgspec.json.encode(answer_of(again)) == msgspec.json.encode(answer_of(pairs))


@given(st.integers(0, 400))
def test_a_file_that_is_not_whole_counts_as_missing(size):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        raw, pair = RawFolder(Path(folder)), make_pairs(np.random.default_rng(6), pairs=1)[0]
        raw.keep("key", pair)
        file = next(Path(folder).iterdir())
        file.write_bytes(file.read_bytes()[:size])
        assert raw.load("key", NAME, 0, 1) is None


def test_other_environments_never_get_these_files(tmp_path):
    raw = RawFolder(tmp_path)
    raw.keep("key", make_pairs(np.random.default_rng(6), pairs=1)[0])
    assert raw.load("another key", NAME, 0, 1) is None
    assert raw.load("key", "dense/load", 0, 1) is None


def test_figures_of_few_calls_are_left_out():
    pairs = make_pairs(np.random.default_rng(6), pairs=1)
    figures = pooled(pairs, "b")
    assert figures["calls"] == 90  # the first call of each of ten blocks does not count
    assert figures["p99_ns"] is None
    assert figures["p50_ns"] > figures["p10_ns"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (["same", "faster"], 0),
        (["same", "slower", "undecided", "void"], 1),
        (["slower", "wrong"], 4),
        (["same", "undecided"], 5),
        (["skipped", "skipped"], 6),
        ([], 6),
        (["same", "failed"], 6),
        (["same", "void", "failed"], 7),
    ],
)
def test_exit_codes_tell_what_happened(answers, code):
    assert choose_exit_code(answers) == code


def test_one_pair_has_no_standard_error_of_zero():
    assert estimate([0.01, 0.01]).p_value() < 1e-6
