"""What `check` finds fault with: harness/gate.py."""

import copy

import pytest

from harness.gate import find_faults
from tests.unit.builders import make_record

BROKEN = make_record()
FIXED = make_record(path="restore_fixed_it", side="fixed", verdict="match", expected="match")


def changed(record, **statistics):
    record = copy.deepcopy(record)
    record["statistics"].update(statistics)
    return record


def test_a_scenario_that_is_as_declared_twice_has_no_faults():
    assert find_faults([BROKEN, FIXED], [FIXED, BROKEN]) == []


def test_another_verdict_than_declared_is_a_fault():
    differs = BROKEN | {"verdict": "differs", "judgement": "changed"}
    faults = find_faults([differs, FIXED], [differs, FIXED])
    assert faults == ["restore_broken gave differs, declared zeros"]


def test_the_fault_repeats_the_error():
    error = {"type": "TypeError", "message": "no such layer"}
    failed = BROKEN | {
        "verdict": "error", "judgement": "changed", "error": error, "statistics": None,
    }  # fmt: skip
    faults = find_faults([failed, FIXED], [failed, FIXED])
    assert faults == ["restore_broken gave error, declared zeros (TypeError: no such layer)"]


@pytest.mark.parametrize("name", ["mean", "standard_deviation", "max_absolute_error"])
def test_other_numbers_the_second_time_are_a_fault(name):
    again = changed(FIXED, **{name: FIXED["statistics"][name] + 1e-3})
    faults = find_faults([BROKEN, FIXED], [BROKEN, again])
    assert faults == ["restore_fixed_it gave other numbers the second time under the same seed"]


def test_rounding_the_second_time_is_no_fault():
    again = changed(FIXED, mean=FIXED["statistics"]["mean"] + 1e-7)
    assert find_faults([BROKEN, FIXED], [BROKEN, again]) == []


@pytest.mark.parametrize(
    "again",
    [
        BROKEN | {"verdict": "differs"},
        BROKEN | {"statistics": None},
        changed(BROKEN, mean=None),
    ],
)
def test_another_verdict_or_missing_numbers_the_second_time_are_a_fault(again):
    faults = find_faults([BROKEN, FIXED], [again, FIXED])
    assert faults == ["restore_broken gave other numbers the second time under the same seed"]


def test_without_a_fixed_path_that_matches_nothing_is_cured():
    fixed = FIXED | {"verdict": "differs", "expected": "differs"}
    faults = find_faults([BROKEN, fixed], [BROKEN, fixed])
    assert faults == ["no fixed path matches, so nothing here is cured"]
    matching_broken = BROKEN | {"verdict": "match", "expected": "match"}
    assert len(find_faults([matching_broken], [matching_broken])) == 1
