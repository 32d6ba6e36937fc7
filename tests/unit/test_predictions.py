"""A few predictions beside those before saving: results/sample.py, report/predictions.py."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from harness.report.layout import Layout
from harness.report.predictions import present_predictions
from harness.results.json_files import read_result_file, write_json
from harness.results.outcome import Outcome
from harness.results.rows import read_outcome, write_record
from harness.results.sample import ROWS, VALUES, Sample, take_sample
from tests.unit.builders import make_file, make_outcome, make_record

OLDER = Path(__file__).parent.parent / "data" / "run-schema-4.json"
DTYPES = st.sampled_from(["float32", "float16", "float64", "int64", "uint8", "bool", "U4", "S4"])
SHAPES = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7)
ARRAYS = DTYPES.flatmap(lambda dtype: npst.arrays(dtype, SHAPES))


def sample(restored, reference):
    taken = take_sample(np.array(restored), np.array(reference))
    assert taken is not None
    return taken


@given(ARRAYS, ARRAYS)
def test_a_sample_of_any_predictions_survives_file_and_database(restored, reference):
    taken = take_sample(restored, reference)
    if taken is None:
        assert reference.ndim
        assert not len(reference)
        return
    outcome = make_outcome(sample=taken)
    assert read_outcome(write_record(outcome)) == outcome
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome) == outcome
    json.dumps(msgspec.to_builtins(taken), allow_nan=False)
    assert len(taken.rows) == len(taken.reference) <= ROWS
    assert len(taken.restored) <= ROWS
    assert all(len(row) <= VALUES for row in taken.reference + taken.restored)
    assert taken.rows == sorted(set(taken.rows))


def test_the_first_rows_are_taken_and_the_first_values_of_each():
    reference = np.arange(40.0).reshape(10, 2, 2)
    taken = sample(-reference, reference)
    assert taken == Sample(
        rows=[0, 1, 2, 3, 4],
        row_count=10,
        value_count=4,
        reference=[[4.0 * row, 4.0 * row + 1, 4.0 * row + 2] for row in range(5)],
        restored=[[-4.0 * row, -4.0 * row - 1, -4.0 * row - 2] for row in range(5)],
    )


def test_rows_that_are_all_alike_give_way_to_rows_that_vary():
    reference = np.zeros(100)
    reference[50:] = np.arange(50)
    taken = sample(np.zeros(100), reference)
    assert taken.rows[-1] == 99
    assert len({row[0] for row in taken.reference}) > 1
    assert sample(np.zeros(9), np.zeros(9)).rows == [0, 1, 2, 3, 4]


def test_what_json_has_not_is_text():
    taken = sample([np.nan, -np.inf], [1.0, 2.0])
    assert taken.restored == [["nan"], ["-inf"]]
    assert sample([b"cat"], [b"dog"]).restored == [["cat"]]


def test_a_shape_that_did_not_come_back_leaves_gaps():
    taken = sample(np.zeros(2), np.arange(12.0).reshape(4, 3))
    assert taken.restored == [[0.0], [0.0]]
    shown = present_predictions([make_outcome(sample=taken)])
    assert "all 4 rows" in shown[0]


def test_a_file_without_samples_is_read(tmp_path):
    document = json.loads(OLDER.read_text())
    for outcome in document["outcomes"]:
        del outcome["sample"]
    (tmp_path / "old.json").write_text(json.dumps(document))
    found = read_result_file(tmp_path / "old.json")
    assert [each.sample for each in found.outcomes] == [None] * 3
    assert present_predictions(found.outcomes) == []
    write_json(tmp_path / "new.json", found)


def make_lesson(**changes):
    """The outcomes of a lesson whose second cure saves otherwise, and one path that raised."""
    own = sample(np.arange(6.0) / 3, np.arange(6.0) / 3)
    other = sample(np.arange(6.0) * 7, np.arange(6.0) * 7)
    zeros = sample(np.zeros(6), np.arange(6.0) / 3)
    error = {"type": "ValueError", "message": "no"}
    records = [
        make_record(path="restore_fixed_later", side="fixed", verdict="match"),
        make_record(path="restore_fixed_it", side="fixed", verdict="match"),
        make_record(path="restore_broken_worse", verdict="error", error=error),
        make_record(path="restore_broken"),
        make_record(path="restore_broken_old", verdict="skip", error=error),
    ]
    outcomes = make_file([record | changes for record in records]).outcomes
    for outcome, taken in zip(outcomes, (other, own, None, zeros, None), strict=True):
        outcome.sample = taken
    return outcomes


def test_broken_paths_and_cures_stand_under_what_was_predicted_before_saving():
    sentence, table = present_predictions(make_lesson(), Layout(width=80))
    assert sentence == "Predictions for the first 5 of 6 rows:"
    assert table.split("\n") == [
        "path           row 0   row 1   row 2  row 3  row 4",
        "-------------  -----  ------  ------  -----  -----",
        "before saving      0  0.3333  0.6667      1  1.333",
        "broken             0       0       0      0      0",
        "broken_worse   error",
        "fixed_it           0  0.3333  0.6667      1  1.333",
        "before saving      0       7      14     21     28",
        "fixed_later        0       7      14     21     28",
    ]


def test_rows_become_lines_where_only_that_fits():
    wide = np.linspace(-1.2345, 1.2345, 50).reshape(10, 5)
    taken = sample(wide, wide)
    outcomes = [make_outcome(path=f"restore_broken{name}", sample=taken) for name in ("", "_too")]
    _, table = present_predictions(outcomes, Layout(width=80))
    assert table.split("\n")[0].split() == ["before", "saving", "broken", "broken_too"]
    sentence, table = present_predictions(outcomes, Layout(width=140))
    assert table.split("\n")[0].split()[:3] == ["path", "row", "0"]
    assert sentence.endswith("the first 3 of 5 values of each:")


def test_samples_of_other_rows_have_a_table_of_their_own():
    flat = sample(np.zeros(20), np.concatenate([np.zeros(10), np.arange(10.0)]))
    first = sample(np.zeros(20), np.arange(20.0))
    outcomes = [
        make_outcome(path="restore_broken", sample=first),
        make_outcome(path="restore_fixed_it", side="fixed", sample=flat),
    ]
    one, _, other, table = present_predictions(outcomes)
    assert "the first 5 of 20 rows" in one
    assert "5 of 20 rows (the first ones are all alike)" in other
    assert "row 19" in table


@pytest.mark.parametrize(
    "other", [{"scenario": "another"}, {"seed": 8}, {"device": "GPU:0"}, {"reader": "another"}]
)
def test_predictions_of_several_things_are_not_mixed(other):
    assert present_predictions(make_lesson() + make_lesson(**other)) == []


def test_nothing_is_shown_where_nothing_predicted():
    assert present_predictions([]) == []
    assert present_predictions([make_outcome()]) == []
