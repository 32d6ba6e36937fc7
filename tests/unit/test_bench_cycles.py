"""The log ratio of one pair, the order of its blocks, and what is injected into them."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.answers import answer_workload
from harness.bench.blocks import PLACES, SPACER, choose_places, order_sides, plan_blocks
from harness.bench.decide import decide
from harness.bench.history import follow_workload
from harness.bench.raw import SIDES, USUAL_SIDES
from harness.bench.statistics import compare_cycles, measure_error
from harness.bench.text import describe_answer
from harness.worker import bench_injection
from tests.unit.bench_data import make_pairs


def interleave(cycles, drift):
    """Return the times of A and B in order A B B A, each a little later than the one before."""
    when = np.arange(4 * cycles).reshape(cycles, 4)
    factors = np.exp(drift * when)
    return factors[:, [0, 3]].reshape(-1, 1), factors[:, [1, 2]].reshape(-1, 1)


@given(st.floats(-0.01, 0.01), st.floats(0.5, 2), st.integers(4, 50))
def test_a_steady_drift_drops_out(drift, ratio, cycles):
    a, b = interleave(cycles, drift)
    assert compare_cycles(a * 1e5, b * ratio * 1e5) == pytest.approx(np.log(ratio), abs=1e-9)


@pytest.mark.parametrize("cycles", [8, 20, 60])
@pytest.mark.parametrize("heavy", [False, True])
def test_the_error_of_a_pair_is_how_far_its_ratio_varies(cycles, heavy):
    rng = np.random.default_rng(cycles)
    ratios, errors = [], []
    for _ in range(400):
        noise = rng.standard_t(3, 2 * cycles) if heavy else rng.normal(size=2 * cycles)
        a, b = np.full((2 * cycles, 1), 1e5), 1e5 * np.exp(0.01 * noise).reshape(-1, 1)
        ratios.append(compare_cycles(a, b))
        errors.append(measure_error(a, b))
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.15)


def test_a_disturbance_of_fewer_than_a_quarter_of_the_cycles_changes_nothing():
    a, b = interleave(20, 0.0)
    b[:8] *= 10
    assert compare_cycles(a, b) == pytest.approx(0)


def test_a_call_that_was_interrupted_does_not_count_for_its_block():
    a, b = np.full((8, 5), 100.0), np.full((8, 5), 103.0)
    b[:, 2] = 900
    assert compare_cycles(a, b) == pytest.approx(np.log(1.03))


def test_six_pairs_give_each_side_each_place_twice():
    assert sorted(choose_places(pair) for pair in range(6)) == sorted(PLACES)
    for place in range(3):
        assert sorted(each[place] for each in PLACES) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("count", [USUAL_SIDES, len(SIDES)])
@pytest.mark.parametrize("cycle", [0, 1])
def test_sides_of_the_second_a_never_follow_each_other(count, cycle):
    order = order_sides(count, cycle, random.Random(1))
    assert sorted(each for each in order if each != SPACER) == list(range(count))
    others = [each in (0, 1, SPACER) for each in order]
    assert all(one != next_one for one, next_one in itertools.pairwise(others))


def test_long_calls_get_more_time_and_more_calls():
    short, long = plan_blocks(1_900_000), plan_blocks(2_100_000)
    assert 2 * long.cycles * long.calls > 2 * short.cycles * short.calls


def test_what_is_injected_is_calibrated_by_what_it_costs_between_calls(monkeypatch):
    now = [0]

    def make_dear(nanoseconds):
        def slow_down():
            now[0] += int(2.7 * nanoseconds)

        return slow_down

    monkeypatch.setattr(bench_injection.time, "perf_counter_ns", lambda: now[0])
    monkeypatch.setattr(bench_injection, "make_operation", make_dear)
    slow_down = bench_injection.make_injection("operation", 30_000, lambda: None)
    begun = now[0]
    slow_down()
    assert now[0] - begun == pytest.approx(30_000, rel=0.01)


@pytest.mark.parametrize(("same", "ratio"), [(1.0, 1.3), (1.05, None)])
def test_a_void_neighbour_ends_the_line_only_if_a_differs_from_itself(same, ratio):
    pairs = make_pairs(np.random.default_rng(2), 1.3, between=0.004, injected=1.0, same=same)
    decision = decide({"dense/call": pairs}, 12)["dense/call"]
    step = answer_workload("dense/call", decision, pairs, ("2.20", "2.21"))
    found = follow_workload("dense/call", [step])[1]
    assert (step.answer, found.certain) == ("void", False)
    assert found.ratio == (ratio if ratio is None else pytest.approx(ratio, rel=0.02))


@pytest.mark.parametrize(
    ("ratio", "said"), [(2.7, "B takes 2.7 times as long as A"), (1.1, "B is 10.0% slower than A")]
)
def test_a_multiple_is_told_as_a_multiple(ratio, said):
    pairs = make_pairs(np.random.default_rng(2), ratio, between=0.0001)
    decision = decide({"dense/call": pairs}, 12)["dense/call"]
    step = answer_workload("dense/call", decision, pairs, ("2.20", "2.21"))
    assert describe_answer(step).startswith(f"dense/call: {said}")
