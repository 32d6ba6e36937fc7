"""From an error's text to its lesson: harness/catalog/raised.py, its page in docs/reference."""

import runpy

import pytest

from harness.catalog.error_texts import list_lessons
from harness.catalog.load import read_catalog
from harness.catalog.raised import match_raised, read_raised
from tests.conftest import REPOSITORY

CATALOG, RAISED = read_catalog(), read_raised()
FOLDER = REPOSITORY / "docs" / "reference"
FOLDERS_OF_A_MACHINE = ("/tmp", "tmp/", "/root", "/home", "/work")


def test_the_page_is_what_the_index_gives():
    written = runpy.run_path(str(FOLDER / "write_error_messages.py"))["write_page"]
    page = (FOLDER / "error-messages.md").read_text(encoding="utf-8")
    assert page == written(CATALOG, RAISED), "python docs/reference/write_error_messages.py"


def test_the_index_names_lessons_that_there_are_and_no_folder_of_a_machine():
    assert {each.lesson for each in RAISED} <= {each.id for each in CATALOG.scenarios}
    assert not any(folder in each.text for each in RAISED for folder in FOLDERS_OF_A_MACHINE)


@pytest.mark.parametrize("raised", RAISED, ids=lambda each: f"{each.lesson}-{each.error}")
def test_an_error_leads_to_a_lesson_that_raised_it(raised):
    same = {each.lesson for each in RAISED if each.text == raised.text}
    found = list_lessons(CATALOG, f"{raised.error}: {raised.text}")
    assert same & set(found[:2]), found


def test_words_that_many_errors_share_lead_nowhere():
    assert match_raised("could not be deserialized properly. Please ensure that components") == []
    assert match_raised("") == []
