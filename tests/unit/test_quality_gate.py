"""What `check` finds fault with: harness/results/quality_gate.py."""

import copy

import pytest

from harness.catalog.quality import find_silent_errors
from harness.results.quality_gate import LARGEST_ARTIFACT
from harness.results.quality_gate import find_faults as find_outcome_faults
from tests.unit.builders import SCENARIO, as_outcomes, make_record, make_scenario

BROKEN = make_record()
FIXED = make_record(path="restore_fixed_it", side="fixed", verdict="match", expected="match")


def find_faults(first, second):
    return find_outcome_faults(as_outcomes(first), as_outcomes(second))


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
        "verdict": "error",
        "judgement": "changed",
        "error": error,
        "statistics": None,
    }
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


def test_what_a_step_does_beyond_its_folder_is_a_fault_once():
    strayed = BROKEN | {"side_effects": ["wrote outside its folder: /elsewhere"]}
    faults = find_faults([strayed, FIXED], [strayed, FIXED])
    assert faults == ["restore_broken wrote outside its folder: /elsewhere"]


def test_a_large_artifact_is_a_fault():
    large = BROKEN | {"artifact_bytes": LARGEST_ARTIFACT + 1}
    assert "1 MiB is the most" in find_faults([large, FIXED], [large, FIXED])[0]
    limit = BROKEN | {"artifact_bytes": LARGEST_ARTIFACT}
    assert find_faults([limit, FIXED], [limit, FIXED]) == []


def test_a_look_alike_is_cured_by_being_healthy():
    healthy = FIXED | {"path": "restore_healthy", "side": "healthy"}
    assert find_faults([healthy], [healthy]) == []


def test_a_scenario_that_is_skipped_here_has_no_faults():
    error = {"type": "skip", "message": "the scenario is for Keras <3"}
    skipped = [
        each | {"verdict": "skip", "expected": "skip", "statistics": None, "error": error}
        for each in (BROKEN, FIXED)
    ]
    assert find_faults(skipped, skipped) == []


def test_an_error_without_its_words_is_a_fault(tmp_path):
    silent = make_scenario(tmp_path, "silent-case", SCENARIO.replace('"zeros"', '"error"'))
    assert find_silent_errors(silent) == [
        "restore_broken: the verdict 'error' needs 'raises', words that the error message contains"
    ]
    rule = '[{"verdict": "error", "raises": "Unknown layer"}]'
    named = make_scenario(tmp_path, "named-case", SCENARIO.replace('"zeros"', rule))
    assert find_silent_errors(named) == []
