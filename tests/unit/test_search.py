"""Finding a scenario by words, and the table of all: harness/catalog/search.py, index.py."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.error_texts import names_custom_layer
from harness.catalog.index import INDEX_NAME, name_verdicts, write_index
from harness.catalog.load import read_catalog
from harness.catalog.search import Searcher
from harness.catalog.words import read_errors, read_phrases, read_synonyms
from tests.unit.builders import LOOK_ALIKE, SCENARIO, write_scenario

CATALOG = read_catalog()
SEARCHER = Searcher(CATALOG)


@pytest.fixture
def catalog(tmp_path):
    write_scenario(tmp_path, "plain-case")
    raising = SCENARIO.replace(
        '"zeros"', '[{"verdict": "error", "raises": "Unknown layer: Shrink"}]'
    ).replace("    Zeros.", "    It does not load.")
    write_scenario(tmp_path, "loud-case", raising)
    write_scenario(tmp_path, "calm-case", LOOK_ALIKE.replace("    Zeros.", "    A warning."))
    return read_catalog(tmp_path)


def ranked(catalog, words):
    searcher = SEARCHER if catalog is CATALOG else Searcher(catalog)
    return [scenario.id for scenario in searcher.answer(words).lessons]


def test_words_of_an_error_message_find_the_scenario_that_raises_it(catalog):
    message = "ValueError: Unknown layer: 'Shrink'. Please ensure you are using `custom_object`"
    assert ranked(catalog, message)[0] == "loud-case"


def test_words_of_an_alarm_find_the_look_alike(catalog):
    assert ranked(catalog, "layer was never built")[0] == "calm-case"


def test_another_form_of_a_word_finds_as_well(catalog):
    assert "calm-case" in ranked(catalog, "warnings")


def test_nothing_is_found_by_words_that_nothing_holds(catalog):
    assert ranked(catalog, "xylophone") == []
    assert ranked(catalog, "?!") == []


@given(st.text(max_size=300))
def test_no_words_break_the_search(words):
    found = ranked(CATALOG, words)
    assert len(found) == len(set(found))
    assert set(found) <= {scenario.id for scenario in CATALOG.scenarios}


@pytest.mark.parametrize("scenario", CATALOG.scenarios, ids=lambda scenario: scenario.id)
def test_a_scenario_is_among_the_first_found_by_its_own_symptom(scenario):
    assert scenario.id in ranked(CATALOG, scenario.section("Symptom"))[:3]


@pytest.mark.parametrize("layer", ["GroupNormalization", "RandomHeight", "BatchNormalizationV1"])
def test_a_layer_of_keras_itself_is_not_called_a_class_of_yours(layer):
    assert not names_custom_layer(read_catalog(), f"Unknown layer: {layer}")


@pytest.mark.parametrize(
    ("words", "identifier"),
    [
        ("predicts the same class", "missing-rescale-255"),
        ("expected 2 variables, but received 0 variables", "attribute-renamed"),
        ("Unknown layer: 'TFOpLambda'", "tfoplambda-unknown"),
        ("Unknown layer: MyAttention", "missing-custom-objects"),
        ("ValueError: Unknown layer: 'Custom>PatchEncoder'", "missing-custom-objects"),
        ("NaN predictions", "one-missing-cell"),
        ("np.argmax returns all zeros", "argmax-of-one-sigmoid"),
    ],
)
def test_what_people_type_finds_what_they_have(words, identifier):
    assert ranked(CATALOG, words)[0] == identifier


@pytest.mark.parametrize(
    "words", ["my restored keras model predicts zeros", "Why does it return only 0.0 on new data?"]
)
def test_a_bare_symptom_leads_to_the_likeliest_lessons_and_to_no_look_alike(words):
    answered = SEARCHER.answer(words)
    assert answered.fits
    assert answered.symptom == "zeros"
    first = answered.lessons[:5]
    assert {"sigmoid-underflow", "dead-relu-head"} < {each.id for each in first}
    assert not any(each.is_look_alike for each in first)


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("pip cannot install tensorflow on windows", "installing or importing TensorFlow"),
        ("how many neurons should the hidden layer have", "how to design or tune a network"),
    ],
)
def test_what_no_lesson_is_about_is_said_to_fit_none(words, subject):
    answered = SEARCHER.answer(words)
    assert not answered.fits
    assert answered.subject == subject


def test_an_error_that_no_lesson_shows_fits_none_however_many_words_it_shares():
    words = "AttributeError: 'Model' object has no attribute 'restored weights of custom layers'"
    answered = SEARCHER.answer(words)
    assert answered.lessons
    assert not answered.fits


def test_the_error_decides_before_the_words_around_it():
    words = "my images are all the same class, png and jpg. ValueError: bad marshal data"
    assert ranked(CATALOG, words)[0] == "lambda-other-python"


@pytest.mark.parametrize(("identifier", "pattern"), read_errors())
def test_each_error_pattern_is_of_a_lesson(identifier, pattern):
    assert identifier in {each.id for each in CATALOG.scenarios}
    assert not re.search(pattern, "", re.IGNORECASE)


def test_nearly_every_lesson_has_phrases_of_users_and_there_are_no_phrases_of_others():
    identifiers = {each.id for each in CATALOG.scenarios}
    assert set(read_phrases("phrases")) <= identifiers
    missing = identifiers - set(read_phrases("phrases"))
    assert len(missing) <= 5, f"add phrases to harness/catalog/words/phrases.txt: {missing}"
    assert all(len(group) > 1 for group in read_synonyms())


def test_the_committed_table_is_up_to_date():
    assert (CATALOG.root / INDEX_NAME).read_text(encoding="utf-8") == write_index(CATALOG)


def test_the_table_has_a_row_for_every_scenario_with_what_it_shows(catalog):
    rows = [line for line in write_index(catalog).splitlines() if line.startswith("| [")]
    assert [row.split("]")[0].removeprefix("| [") for row in rows] == [
        each.id for each in catalog.scenarios
    ]
    shown = {each.id: name_verdicts(each) for each in catalog.scenarios}
    assert shown == {
        "calm-case": "fine, only looks broken",
        "loud-case": "error",
        "plain-case": "zeros",
    }
