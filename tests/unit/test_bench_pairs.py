"""Pairs of processes that do not behave: each fault costs its workload, and is never an answer."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.blocks import (
    CALLS,
    FASTER,
    LONGEST,
    SIDE_NS,
    SIDE_NS_OF_LONG,
    count_leading_calls,
    plan_blocks,
)
from harness.bench.decide import decide
from harness.bench.pairs import Opening, PairSettings, WrongVersion, measure_pair, record_failure
from harness.bench.raw import SIDES, USUAL_SIDES
from harness.bench.request import refuse_one_twice
from harness.bench.workloads import Workload, choose_own, choose_workloads
from harness.errors import UsageError
from harness.processes import timed
from harness.processes.timed import TimedProcess, TimedProcessFailed
from tests.unit.bench_data import make_environment

VERSIONS = (("2.0", "3.0"), ("2.0", "3.0"))


@pytest.fixture
def measure(tmp_path):
    """Return a function that measures one pair of two such environments."""

    def run(kinds=("call",), a=None, b=None, pair=0, seed=1, time_limit=20.0):
        environments = (
            make_environment(tmp_path, "a", **(a or {})),
            make_environment(tmp_path, "b", **(b or {})),
        )
        settings = PairSettings(environments, VERSIONS, time_limit, side_ns=100_000_000)
        openings = [
            Opening(Workload(each, each), {side: {"kind": each} for side in "ab"}) for each in kinds
        ]
        kept = []
        measure_pair(settings, openings, pair, seed, tmp_path / "work", kept.append)
        return {each.workload: each for each in kept}

    return run


def test_each_side_gets_the_same_number_of_calls_in_mirrored_order(measure):
    found = measure()["call"]
    order = list(found.order)
    cycles = [order[start : start + 8] for start in range(0, len(order), 8)]
    assert all(cycle == cycle[::-1] for cycle in cycles)
    assert all(sorted(cycle[:4]) == [0, 1, 2, 3] for cycle in cycles)
    assert len({tuple(cycle) for cycle in cycles}) > 1
    assert len({len(found.side(side)) for side in SIDES[:USUAL_SIDES]}) == 1


def test_the_second_a_has_no_warmer_caches_than_the_first(measure):
    order = list(measure()["call"].order)
    followers = list(itertools.pairwise(order))
    assert not any({one, other} == {2, 3} for one, other in followers)


def test_the_seed_decides_the_order(measure):
    assert measure(seed=5)["call"].order == measure(seed=5)["call"].order
    assert measure(seed=5)["call"].order != measure(seed=6)["call"].order


def test_three_percent_are_really_injected(measure):
    found = measure()["call"]
    assert found.side("injected").min() == pytest.approx(1.03 * found.side("same").min())
    assert found.side("same").min() == found.side("a").min()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("crash", "ended by signal 9"),
        ("hang", "did not answer within 1 s"),
        ("garbage", "is not readable"),
    ],
)
def test_a_fault_costs_only_its_own_workload(measure, fault, said):
    found = measure(("first", "second", "third"), b={"at": "second", "fault": fault}, time_limit=1)
    assert said in found["second"].failed
    assert [found[each].failed for each in ("first", "third")] == ["", ""]
    assert decide({"second": [found["second"]]}, 5)["second"].answer == "failed"


def test_a_pair_goes_on_where_its_cycles_differ_and_ends_where_they_agree(measure):
    even, uneven = (len(measure(b={"uneven": each})["call"].order) for each in (0, 40))
    assert even < uneven <= LONGEST * even
    assert uneven % (2 * USUAL_SIDES) == 0, "whole cycles"


def test_a_call_that_a_release_lacks_is_left_out(measure):
    found = measure(("xla", "call"), b={"refuses": ["xla"]})
    assert found["xla"].skipped
    assert found["xla"].failed == "B: NotApplicable: no such call"
    assert not found["call"].failed


def test_wrong_predictions_are_counted_for_their_side(measure):
    found = measure(b={"wrong": "call"})["call"]
    assert found.wrong[0] == found.wrong[2] == 0
    calls = found.calls * list(found.order).count(1)
    assert found.wrong[1] == calls


def test_another_tensorflow_than_expected_is_refused(measure):
    with pytest.raises(WrongVersion, match=r"imported TensorFlow 2\.9"):
        measure(b={"tensorflow": "2.9"})


def test_a_tensorflow_that_cannot_be_imported_is_no_answer(measure):
    found = measure(("first", "second"), b={"import_fails": True})
    assert "ImportError" in found["first"].failed
    assert found["second"].failed == found["first"].failed


def test_an_import_that_hangs_is_waited_for_once(measure, monkeypatch, tmp_path):
    monkeypatch.setattr(timed, "IMPORT_SECONDS", 1.0)
    found = measure(("first", "second", "third"), b={"import_hangs": True})
    assert {each.failed for each in found.values()} == {"it did not answer within 1 s"}
    assert len(list((tmp_path / "work").iterdir())) == 1, "three processes, and no more"


def test_a_process_that_died_while_it_was_idle_is_closed_without_a_word(tmp_path):
    process = TimedProcess(make_environment(tmp_path, "a"), tmp_path / "side", 0, 0, 0)
    process.greet()
    process.process.kill()
    process.process.wait()
    with pytest.raises(TimedProcessFailed, match="signal 9"):
        process.ask({"do": "close", "padding": "x" * 100_000}, 5)
    process.close()


def test_one_environment_under_two_names_is_refused(tmp_path):
    environment = make_environment(tmp_path, "a")
    other = make_environment(tmp_path, "b")
    with pytest.raises(UsageError, match="the same environment"):
        refuse_one_twice(("2.21", "/x/python"), (environment, environment))
    refuse_one_twice(("2.21", "2.21"), (environment, environment))
    refuse_one_twice(("2.21", "/x/python"), (environment, other))


@pytest.mark.parametrize("nanoseconds", [1e3, 1e5, 5e6, 1e8, 1e10])
def test_every_plan_carries_a_p10(nanoseconds):
    plan = plan_blocks(nanoseconds)
    calls, most = (2 * each * plan.calls for each in (plan.cycles, plan.most_cycles))
    assert CALLS[0] <= calls <= 2 * CALLS[1]
    assert calls <= most
    assert most * nanoseconds <= max(LONGEST * SIDE_NS_OF_LONG, calls * nanoseconds)
    assert calls * nanoseconds < max(4 * SIDE_NS, 3 * CALLS[0] * nanoseconds)


@given(
    calls=st.integers(1, 1000),
    call_ns=st.lists(st.floats(100.0, 1e9), min_size=3, max_size=3),
)
def test_the_blocks_of_all_sides_last_about_as_long(calls, call_ns):
    leads = count_leading_calls(calls, call_ns)
    longest = calls * max(call_ns)
    for lead, each in zip(leads, call_ns, strict=True):
        assert longest / FASTER - each <= (calls + lead) * each <= longest + each
        assert lead == 0 or max(call_ns) > FASTER * each


def test_calls_of_a_much_faster_side_are_timed_with_warm_caches(measure):
    found = measure(a={"cold": 3, "ns": 24_000_000}, b={"cold": 3, "ns": 300_000})["call"]
    assert set(found.side("b")) == {300_000}


def test_workloads_are_chosen_by_name_by_model_or_by_default(tmp_path):
    assert len(choose_workloads([])) == 12
    assert {each.kind for each in choose_workloads(["text"])} == {"path", "load", "first_call"}
    assert [each.name for each in choose_workloads(["dense/xla"])] == ["dense/xla"]
    with pytest.raises(UsageError, match="unknown workload: dens"):
        choose_workloads(["dens"])
    model = tmp_path / "model.keras"
    assert "model/function" in {each.name for each in choose_own(model, [])}
    with pytest.raises(UsageError, match="unknown kind"):
        choose_own(model, ["fly"])
    assert msgspec.to_builtins(choose_own(tmp_path, [])[0].kind) == "load"


def test_why_a_workload_failed_is_told_without_the_bold_of_keras():
    error = TimedProcessFailed("B: TypeError: \x1b[1mCould not\x1b[0m locate \x07")
    failed = record_failure(Workload("dense/load", "load"), 0, 1, error).failed
    assert failed == "B: TypeError: Could not locate \\x07"
