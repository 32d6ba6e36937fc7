"""Every thread that a lesson cites as evidence stands in a table, with the day it was read."""

import re
from functools import cache

import pytest

from harness.catalog.load import read_catalog
from harness.catalog.scenario import FAMILIES
from tests.conftest import REPOSITORY

REFERENCE = re.compile(r"(?:([\w.-]+/[\w.-]+))?#(\d+)")
READ = re.compile(r"\d{4}-\d\d-\d\d, (search excerpt|whole thread)")


def find_references(text):
    """Return the threads that a text names; a bare number belongs to the last repository."""
    found, repository = set(), None
    for named, number in REFERENCE.findall(text):
        repository = named or repository
        found.add(f"{repository}#{number}")
    return found


def find_evidence(scenario):
    """Return the Evidence section of a scenario's docstring, on one line."""
    return " ".join(scenario.docstring.partition("Evidence:")[2].split())


@cache
def read_table(family):
    """Return a family's table: scenario, reference, what it shows and when it was read."""
    file = REPOSITORY / "docs" / "reference" / f"evidence-{family}.md"
    lines = [line for line in file.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[1:]]


def select(family):
    """Return the scenarios of a family."""
    return [scenario for scenario in read_catalog().scenarios if scenario.family == family]


def test_a_bare_number_belongs_to_the_repository_before_it():
    text = "keras-team/keras#12 (a list), #13 and tensorflow/tensorflow#7."
    assert find_references(text) == {
        "keras-team/keras#12",
        "keras-team/keras#13",
        "tensorflow/tensorflow#7",
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_lists_the_threads_that_the_lessons_cite_and_no_others(family):
    cited = {
        (scenario.id, reference)
        for scenario in select(family)
        for reference in find_references(find_evidence(scenario))
    }
    listed = [(row[0], row[1]) for row in read_table(family)]
    assert sorted(cited) == sorted(listed)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_says_when_the_thread_was_read_and_what_it_shows(family):
    for scenario, reference, shows, read in read_table(family):
        assert read == "not found" or READ.fullmatch(read), (scenario, reference, read)
        assert shows, (scenario, reference)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lesson_says_not_read_by_us_if_and_only_if_a_thread_was_not_found(family):
    unread = {row[0] for row in read_table(family) if row[3] == "not found"}
    admitted = {s.id for s in select(family) if "not read by us" in find_evidence(s)}
    assert admitted == unread
