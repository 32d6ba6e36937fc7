"""`learn predict`: which questions a round has, what a learner is told, what counts as right."""

from contextlib import nullcontext
from typing import get_args
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.catalog.load import read_catalog
from harness.cli import learn_predict
from harness.cli.learn_predict import check_answers
from harness.course.exercises import MARK, cut_starter
from harness.course.models import UnseenModel
from harness.course.predicting import (
    GUESSES,
    choose_questions,
    describe_input,
    describe_model,
    name_outcome,
    show_code,
)
from harness.course.progress import begin, read_progress, write_progress
from harness.course.table import EXERCISES, list_track
from harness.errors import UsageError
from harness.verdicts.names import Verdict

CATALOG = read_catalog()


def choose(round_number, track="core"):
    return choose_questions(
        list_track(track), round_number, lambda each: CATALOG.find(each.scenario)
    )


def test_a_round_is_the_same_for_everybody_and_the_next_round_is_another():
    assert choose(0) == choose(0)
    assert choose(0) != choose(1)
    assert len(choose(0)) == len(choose(0, "full")) == 8


@pytest.mark.parametrize("track", ["core", "fast", "zeros"])
def test_no_cure_of_the_learners_own_track_is_shown(track):
    own = set(list_track(track))
    assert not own & {each.exercise for number in range(9) for each in choose(number, track)}


def test_some_scripts_are_broken_and_some_are_mended():
    starters = {cut_starter(each, CATALOG.find(each.scenario)) for each in EXERCISES}
    broken = [
        any(question.code == each.replace(f"{MARK}\n", "") for each in starters)
        for number in range(4)
        for question in choose(number)
    ]
    assert 8 < sum(broken) < 24


def test_a_script_is_shown_without_what_people_saw_of_its_failure():
    for question in choose(0, "full"):
        shown = show_code(question)
        assert question.exercise.context not in shown
        assert "MEND" not in shown
        assert "def restore(artifact)" in shown


def test_every_verdict_is_one_of_the_four_answers():
    assert {name_outcome(each) for each in get_args(Verdict)} == set(GUESSES.values())
    assert name_outcome("constant") == name_outcome("nan") == "other numbers"


def test_a_model_is_described_by_its_files_and_its_inputs(tmp_path):
    (tmp_path / "artifact" / "training").mkdir(parents=True)
    (tmp_path / "artifact" / "model.h5").write_bytes(b"")
    np.savez(tmp_path / "inputs.npz", inputs=np.array([[0, 7], [255, 3]], np.uint8))
    said = describe_model(UnseenModel(tmp_path, np.zeros(2)))
    assert said == "Saved: model.h5, training. Inputs: 2 rows of 2 uint8, 0 to 255."


@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.int64, np.bool_, np.str_]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    )
)
def test_every_input_has_a_description_of_one_line(values):
    assert describe_input(values)
    assert "\n" not in describe_input(values)


def test_what_is_done_elsewhere_during_a_round_is_kept(tmp_path, monkeypatch):
    done = list_track("core")[0].id
    write_progress(tmp_path, begin("core"))

    def ask(*_):
        progress, _ = read_progress(tmp_path)
        progress.done = [done]
        write_progress(tmp_path, progress)
        return True

    checker = Mock()
    monkeypatch.setattr(learn_predict, "ask", ask)
    monkeypatch.setattr(learn_predict, "describe_model", str)
    monkeypatch.setattr(learn_predict, "open_default", Mock())
    monkeypatch.setattr(learn_predict, "open_checker", lambda _: nullcontext(checker))
    learn_predict.play_round(tmp_path, "")
    progress, _ = read_progress(tmp_path)
    assert (progress.done, progress.predicted) == ([done], [(8, 8)])


@pytest.mark.parametrize("answers", ["zz", "zsox", "zsoez"])
def test_answers_that_do_not_fit_are_refused_with_a_call_that_does(answers):
    with pytest.raises(UsageError) as caught:
        check_answers(answers, 4)
    assert caught.value.found == "it needs 4 letters out of z, s, o, e"
    assert caught.value.tip.endswith("learn predict --answers zsoe")
