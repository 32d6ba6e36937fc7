"""The record of each rule, for raw blocks whose truth is known."""

import zlib

import msgspec
import numpy as np
import pytest

from harness.bench.decide import decide_look, plan_looks, spend_alpha
from harness.bench.raw import SIDES, pack_times
from harness.bench.request import PAIRS
from harness.bench.rules import RULES, flag
from harness.bench.selftest import INJECTED_SIDES, OURS, draw_subsets, judge_other, judge_ours
from tests.unit.bench_data import make_pairs

SHARES = {"loop 2 %": 1.02, "loop 5 %": 1.05, "operation 3 %": 1.03, "memory 3 %": 1.03}


def add_injected(pair):
    """Return a pair with the sides that only a selftest has, made from the second A's calls."""
    blocks = np.frombuffer(zlib.decompress(pair.times), "<u8").reshape(-1, pair.calls)
    same = blocks[np.frombuffer(pair.order, np.uint8) == SIDES.index("same")]
    more = [(same * share).astype(int).tolist() for share in SHARES.values()]
    order = pair.order + b"".join(bytes([4 + each] * len(same)) for each in range(len(more)))
    times = pack_times([*blocks.tolist(), *(block for side in more for block in side)])
    return msgspec.structs.replace(pair, order=order, times=times, cpu_ns=[1] * len(order))


@pytest.fixture(scope="module")
def pairs():
    return [add_injected(each) for each in make_pairs(np.random.default_rng(1), between=0.006)]


def test_our_rule_finds_five_percent_and_raises_hardly_an_alarm(pairs):
    record = judge_ours({"dense/call": pairs}, seed=1)["dense/call"]
    assert (record.rule, set(record.power)) == (OURS, set(INJECTED_SIDES))
    assert record.power["loop 5 %"] > 0.95
    assert record.false_alarms < 0.03
    assert record.power["loop 2 %"] <= record.power["loop 5 %"]


def test_a_self_test_of_several_workloads_is_judged_as_strictly_as_their_comparison(pairs):
    """With 8 pairs and three workloads: the share of that look, divided by three."""
    few = pairs[:8]
    measured = dict.fromkeys(("one", "two", "three"), few)
    records = judge_ours(measured, seed=1)
    decided = decide_look(measured, spend_alpha(plan_looks(PAIRS), 8), 3)
    for name in measured:
        assert records[name].power["injected"] == (decided[name].controls.injected == "slower")


def test_subsets_that_overlap_have_no_interval(pairs):
    record = judge_ours({"dense/call": pairs}, seed=1)["dense/call"]
    assert record.interval is None
    assert judge_other("dense/call", "pyperf", pairs).interval is not None


def test_other_rules_get_every_pair_once(pairs):
    for rule in RULES:
        record = judge_other("dense/call", rule, pairs)
        assert record.trials == 2 * len(pairs)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_sees_a_doubled_time_and_no_halved_one(rule):
    pair = make_pairs(np.random.default_rng(3), 2.0, pairs=1)[0]
    assert flag(RULES[rule], pair, "b")
    assert not flag(RULES[rule], pair, "a", base="b")


def test_subsets_are_drawn_once_each_and_the_same_with_the_same_seed():
    assert len(draw_subsets(9, 1)) == 9
    drawn = draw_subsets(16, 1)
    assert len(set(drawn)) == len(drawn) == 400
    assert drawn == draw_subsets(16, 1)
