"""What `check` finds fault with: harness/results/quality_gate.py."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.catalog.quality import find_silent_errors
from harness.results.quality_gate import LARGEST_ARTIFACT
from harness.results.quality_gate import find_faults as find_outcome_faults
from tests.unit.builders import SCENARIO, as_outcomes, make_outcome, make_record, make_scenario

BROKEN = make_record()
FIXED = make_record(path="restore_fixed_it", side="fixed", verdict="match", expected="match")


def find_faults(first, second):
    return find_outcome_faults(as_outcomes(first), as_outcomes(second))


def compare(left, right, **changes):
    """What is found where a fixed path predicted `left`, and then `right`."""
    outcome = make_outcome(
        path="restore_fixed_it", side="fixed", verdict="match", expected="match", **changes
    )
    predicted = ({outcome.key: np.array(left)}, {outcome.key: np.array(right)})
    return find_outcome_faults([outcome], [outcome], predicted)


OTHER_NUMBERS = ["restore_fixed_it gave other numbers the second time under the same seed"]


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


def test_rows_that_change_places_are_other_numbers():
    rows = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "float32")
    assert compare(rows, rows) == []
    assert compare(rows, rows[[1, 0, 2]]) == OTHER_NUMBERS


@given(
    arrays.arrays("float32", (4, 2), elements=st.floats(1, 100, width=32)),
    st.permutations(range(4)),
)
def test_a_permutation_is_seen_exactly_where_it_changes_a_row(rows, order):
    moved = rows[list(order)]
    close = np.allclose(rows, moved, rtol=1e-6, atol=0)
    found = compare(rows, moved)
    if np.array_equal(rows, moved):
        assert found == []
    elif not close and np.abs(rows - moved).max() > 1e-3:
        assert found == OTHER_NUMBERS


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (np.float32([[1.0], [2.0]]), np.float64([[1.0], [2.0]])),
        (np.float32([[1.0], [2.0]]), np.float32([1.0, 2.0])),
        (np.float32([[1.0], [np.nan]]), np.float32([[np.nan], [1.0]])),
        (np.float32([[1e7, 0.9], [2e7, 0.1]]), np.float32([[1e7, 0.1], [2e7, 0.9]])),
        (np.int64([1, 2]), np.int64([2, 1])),
    ],
    ids=["dtype", "shape", "nan", "small column", "integers"],
)
def test_whatever_else_differs_row_by_row_is_seen(left, right):
    assert compare(left, left) == []
    assert compare(left, right) == OTHER_NUMBERS


def test_labels_that_change_places_are_seen():
    labels = np.array(["cat", "dog"])
    assert compare(labels, labels, statistics=None) == []
    assert compare(labels, labels[::-1], statistics=None) == OTHER_NUMBERS


def test_rounding_is_measured_by_the_dtype():
    for dtype, step in (("float32", 1e-7), ("float16", 1e-3)):
        rows = np.array([[1.0], [2.0]], dtype)
        assert compare(rows, (rows * (1 + step)).astype(dtype)) == []
    rows = np.float32([[1.0], [2.0]])
    bfloat16 = make_record()["statistics"] | {"dtype": "bfloat16"}
    assert compare(rows, rows * np.float32(1 + 2**-7), statistics=bfloat16) == []
    assert compare(rows, rows * np.float32(1 + 2**-7)) == OTHER_NUMBERS


def test_predictions_too_large_to_keep_still_show_rows_that_changed_places():
    again = changed(FIXED, correlation=0.2)
    once = changed(FIXED, correlation=0.9)
    assert find_faults([BROKEN, once], [BROKEN, again]) == OTHER_NUMBERS


def test_a_path_that_was_run_only_once_is_a_fault():
    assert "restore_broken was not run a second time" in find_faults([BROKEN, FIXED], [FIXED])
