"""The plot of predictions before saving and restored, and where the code of a function is."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness import api
from harness.course.judging import Checked
from harness.course.opened import read_code
from harness.errors import UsageError
from harness.report.output_plot import BEFORE, LARGEST, RESTORED, choose_limits

BEFORE_SAVING = np.array([[0.1], [0.7], [0.4]])
OUTPUTS = arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_, np.uint8]),
    arrays.array_shapes(min_dims=1, max_dims=3, max_side=4),
)


def read_points(chart, panel):
    drawn = chart.to_dict()
    chosen = drawn["hconcat"][panel]
    layer = chosen["layer"][-1] if "layer" in chosen else chosen
    data = layer.get("data") or drawn["data"]  # of a single panel it stands above
    return drawn["datasets"][data["name"]]


@settings(max_examples=30)
@given(OUTPUTS, OUTPUTS)
def test_any_two_outputs_have_a_plot_with_every_number_that_can_be_drawn(restored, reference):
    chart = api.plot_outputs(restored, reference)
    drawn = chart.to_dict()
    assert drawn["title"]["text"].startswith("Verdict: ")
    assert len(drawn["hconcat"]) == (2 if restored.shape == reference.shape else 1)
    points = read_points(chart, 0)
    for model, values in ((BEFORE, reference), (RESTORED, restored)):
        assert (
            sum(each["model"] == model for each in points)
            == (np.abs(values.astype(float)) < LARGEST).sum()
        )


def test_circles_and_crosses_tell_the_two_apart_without_colour():
    chart = api.plot_outputs(BEFORE_SAVING * 0, BEFORE_SAVING).to_dict()
    scale = chart["hconcat"][0]["encoding"]["shape"]["scale"]
    assert scale == {"domain": [BEFORE, RESTORED], "range": ["circle", "cross"]}
    assert chart["title"]["subtitle"] == [
        "Before saving: 3 predictions from 0.1 to 0.7",
        "Restored: 3 predictions from 0 to 0",
    ]


def test_a_number_that_has_no_place_is_counted_and_not_drawn():
    restored = np.array([[np.nan], [0.7], [np.inf]])
    chart = api.plot_outputs(restored, BEFORE_SAVING)
    assert chart.to_dict()["title"]["subtitle"][1].endswith("; 2 not drawn: NaN, or beyond 1e+100")
    assert len(read_points(chart, 1)) == 1


def test_outputs_that_are_all_the_same_lie_level_beside_the_dashed_line():
    across, up = choose_limits(np.array([[0.0, 10.0], [5.0, 5.0]]))
    assert across == up


def test_a_spread_too_small_to_be_seen_gets_an_axis_of_its_own():
    across, up = choose_limits(np.array([[100.0, 800.0], [0.1, 0.9]]))
    assert across != up
    assert up[0] < 0.1 < 0.9 < up[1] < 1.0


def test_texts_are_refused_with_a_sentence_and_an_attempt_that_predicts_them_has_no_plot():
    words = np.array(["cat", "dog", "cat"])
    with pytest.raises(UsageError, match="only numbers can be plotted"):
        api.plot_outputs(words, BEFORE_SAVING)
    attempt = Checked("fails differently now", "", restored=words, reference=BEFORE_SAVING)
    assert attempt.plot() is None
    assert Checked("still failing", "an error").plot() is None


def test_of_a_function_the_whole_file_is_taken():
    assert "def test_of_a_function_the_whole_file_is_taken" in read_code(read_points)


def test_a_file_that_was_edited_and_imported_again_is_read_as_it_is_now(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "mended_twice.py"
    file.write_text("def restore(artifact):\n    return 1\n")
    module = importlib.import_module("mended_twice")
    assert "return 1" in read_code(module.restore)
    file.write_text("def restore(artifact):\n    return 'another'\n")
    assert "return 'another'" in read_code(importlib.reload(module).restore)


@pytest.mark.parametrize("value", [len, 5, "restore", eval("lambda artifact: None")])
def test_code_that_is_nowhere_is_refused_with_a_sentence(value):
    with pytest.raises(UsageError, match=r"needs a function restore|cannot be found"):
        read_code(value)


def test_an_unknown_track_or_exercise_names_the_nearest():
    with pytest.raises(UsageError, match="there is no track fats") as raised:
        api.list_exercises("fats")
    assert "fast" in raised.value.tip
    with pytest.raises(UsageError, match="there is no exercise bicycle") as raised:
        api.open_exercise("bicycle")
    assert "bicycles" in raised.value.tip
