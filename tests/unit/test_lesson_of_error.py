"""An error that is shown leads to the lesson that explains it."""

import pytest

from harness.catalog.error_texts import GENERAL_ERRORS, find_lesson, squeeze
from harness.catalog.load import read_catalog

CATALOG = read_catalog()
LESSONS = {each.id: each for each in CATALOG.scenarios}


@pytest.mark.parametrize("words", GENERAL_ERRORS, ids=lambda pair: pair[0])
def test_a_general_error_stands_in_the_symptom_of_its_lesson(words):
    said, lesson = words
    assert squeeze(said) in squeeze(LESSONS[lesson].section("Symptom"))
    assert find_lesson(CATALOG, f"ValueError: {said} 'Mine'.").id == lesson


def test_the_words_that_a_scenario_declares_lead_to_it_or_to_one_of_the_same_words():
    for scenario in CATALOG.scenarios:
        for words in scenario.messages():
            found = find_lesson(CATALOG, f"TypeError: before\n{words.upper()}   after")
            if len(words) > 20:
                assert found is not None
                assert any(squeeze(each) in squeeze(words) for each in found.messages())


@pytest.mark.parametrize(
    ("error", "lesson"),
    [
        (
            "TypeError: GlorotUniform.__init__() got an unexpected keyword argument 'dtype'",
            "initializer-dtype-from-tf1",
        ),
        (
            "ValueError: File format not supported: filepath=m. Keras 3 only supports V3",
            "savedmodel-folder-keras3",
        ),
        ("ValueError: Unknown layer: 'TFOpLambda'. Please ensure", "tfoplambda-unknown"),
        ("TypeError: Could not locate class 'Mine'. Make sure", "missing-custom-objects"),
        ("RuntimeError: something nobody has seen", None),
        ("", None),
    ],
)
def test_an_error_leads_to_its_lesson(error, lesson):
    found = find_lesson(CATALOG, error)
    assert (found.id if found else None) == lesson
