"""The public Python API does what its page shows: docs/reference/python-api.md."""

import doctest

import numpy as np
import pytest

from harness import api
from harness.errors import UsageError
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "python-api.md"


@pytest.mark.tensorflow
def test_every_example_of_the_page_gives_what_the_page_shows():
    failed, tried = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL
    )
    assert tried > 15
    assert failed == 0


@pytest.mark.tensorflow
def test_a_run_is_kept_where_a_folder_is_named(tmp_path, faulty, make_cli):
    lesson = api.load_lesson("returns-nan", faulty)
    outcomes = api.run_lesson(lesson, reports=tmp_path / "reports", seed=3)
    assert {outcome.path for outcome in outcomes} == set(lesson.paths())
    assert {outcome.seed for outcome in outcomes} == {3}
    kept = make_cli(tmp_path).outcomes()
    assert [each["verdict"] for each in kept] == [outcome.verdict for outcome in outcomes]


def test_a_path_that_the_lesson_has_not_is_a_sentence():
    with pytest.raises(UsageError, match="has no path restore_nothing") as raised:
        api.run_lesson("dead-relu-head", path="restore_nothing")
    assert "restore_broken" in raised.value.found


@pytest.mark.parametrize("reference", [[[0.0], [0.0]], [[1.0]], [[1.0], [np.nan]]])
def test_a_reference_that_proves_nothing_is_a_sentence(reference):
    with pytest.raises(UsageError, match="cannot be compared"):
        api.compare_outputs(reference, reference)


def test_texts_are_compared_without_numbers():
    compared = api.compare_outputs(np.array(["cat", "dog"]), np.array(["cat", "cow"]))
    assert compared == ("differs", None)
