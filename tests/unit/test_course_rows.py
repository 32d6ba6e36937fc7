"""A check predicts half of a model's inputs, drawn anew: no answer hangs on the batch."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.expectations import applies
from harness.course.checking import OPENS_TO_WRITE, make_step
from harness.course.models import FEW, UnseenModel, draw_rows
from harness.course.table import EXERCISES


def leave(folder, predictions, inputs=None):
    """Return a model whose rows can be told: input n belongs to prediction n."""
    rows = np.arange(len(predictions)) if inputs is None else inputs
    np.savez(folder / "inputs.npz", **{"inputs": rows, "inputs.dtype": np.array("float32")})
    return UnseenModel(folder, np.asarray(predictions))


def read(folder):
    with np.load(folder / "inputs.npz") as arrays:
        return arrays["inputs"], str(arrays["inputs.dtype"])


@given(st.integers(FEW, 300))
def test_half_of_the_rows_are_left_in_their_order_and_with_their_predictions(
    tmp_path_factory, number
):
    folder = tmp_path_factory.mktemp("model")
    drawn = draw_rows(leave(folder, np.arange(number)))
    rows, kind = read(folder)
    assert rows.tolist() == drawn.predictions.tolist() == sorted({*rows.tolist()})
    assert (len(rows), kind) == (number // 2, "float32")


def test_another_half_is_drawn_each_time(tmp_path):
    halves = {tuple(draw_rows(leave(tmp_path, np.arange(99))).predictions) for _ in range(5)}
    assert len(halves) > 1


@pytest.mark.parametrize(
    ("predictions", "inputs"),
    [
        (np.arange(FEW - 1), None),  # few rows
        (np.full(20, 2.5), None),  # a half would prove no more than a constant
        (np.arange(20), np.arange(7)),  # inputs that are not rows
        (np.arange(20), np.array("all")),
    ],
)
def test_all_rows_stay_where_a_half_would_prove_nothing(tmp_path, predictions, inputs):
    model = leave(tmp_path, predictions, inputs)
    before = read(tmp_path)[0].tolist()
    assert draw_rows(model) is model
    assert read(tmp_path)[0].tolist() == before


def test_an_exercise_that_hangs_on_the_batch_says_so():
    whole = {each.id for each in EXERCISES if each.whole_batch}
    assert whole == {"river-gauge", "pressure-gauge"}


@pytest.mark.parametrize("opens_to_write", [False, True])
def test_a_script_may_write_into_its_artifact_only_where_keras_opens_files_so(
    tmp_path, opens_to_write
):
    (tmp_path / "artifact").mkdir()
    step = make_step("def restore(artifact): 0", tmp_path, True, opens_to_write)
    assert step.cage is not None
    assert Path(step.artifact).is_dir()
    assert Path(step.artifact).is_relative_to(step.cage.folder) == opens_to_write
    assert applies(OPENS_TO_WRITE, "3.0.5")
    assert not any(applies(OPENS_TO_WRITE, each) for each in ("2.15.0", "3.3.3", "3.15.1"))
