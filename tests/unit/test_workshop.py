"""The workshop kit fits the course: answers, recorded output, cards."""

import runpy

import pytest

from harness.catalog.load import read_catalog
from harness.course.exercises import cut_starter, find_exercise
from harness.course.table import list_track
from tests.conftest import REPOSITORY

WORKSHOP = REPOSITORY / "docs" / "workshop"
CATALOG = read_catalog()
RECORD = runpy.run_path(str(WORKSHOP / "record.py"))


@pytest.mark.parametrize(
    "answer", RECORD["ANSWERS"], ids=lambda each: f"{each.exercise}: {each.idea}"
)
def test_every_expected_answer_can_be_written_into_its_script(answer):
    exercise = find_exercise(answer.exercise)
    starter = cut_starter(exercise, CATALOG.find(exercise.scenario))
    compile(answer.write(starter), answer.idea, "exec")


def test_every_exercise_of_the_core_has_expected_answers():
    answered = {each.exercise for each in RECORD["ANSWERS"] if each.idea != RECORD["AS_FOUND"]}
    assert answered == {each.id for each in list_track("core")}


def test_an_answer_that_does_not_fit_is_found():
    answer = RECORD["Answer"]("bicycles", "none", "no such line", "")
    with pytest.raises(ValueError, match="not once"):
        answer.write("model = 1")
