"""What `check` finds of the template that `new` writes."""

import pytest

from harness.catalog.index import INDEX_NAME, is_index_stale, write_index
from harness.catalog.load import read_catalog
from harness.catalog.template import TEMPLATE, find_leftovers
from tests.unit.builders import SCENARIO, write_scenario

FRESH = TEMPLATE.format(identifier="my-case", family="restore")
LEFT = [
    "Say in one sentence what goes wrong.",
    "What the user sees, in words they would search for.",
    "The mechanism.",
    "What the fixed path does, and when to prefer it.",
    "The quickest check on one's own model.",
    "An issue, a release note or a source line.",
    "A nudge.",
    "Where to look.",
    "Nearly the answer.",
]


def test_a_fresh_file_has_every_placeholder_and_the_mistake_of_the_template():
    found = find_leftovers(FRESH)
    assert len(found) == len(LEFT) + 1
    assert all(any(repr(text) in sentence for _, sentence in found) for text in LEFT)
    assert found[-1][1] == "restore_broken is still the template's"


@pytest.mark.parametrize("text", LEFT)
def test_one_placeholder_that_was_forgotten_is_found_with_its_line(text):
    written = FRESH.replace("inputs / 10", "inputs * 3")
    for number, each in enumerate(LEFT):
        if each != text:
            written = written.replace(each, f"Sentence {number} of mine.")
    ((line, sentence),) = find_leftovers(written)
    assert text in written.splitlines()[line - 1]
    assert repr(text) in sentence


def test_a_file_of_ones_own_has_nothing_of_the_template():
    assert find_leftovers(SCENARIO) == []
    longer = SCENARIO.replace("A mechanism.", "The mechanism. It is a long one.")
    assert find_leftovers(longer) == []


def test_a_table_of_the_scenarios_is_stale_once_a_scenario_is_added(tmp_path):
    write_scenario(tmp_path)
    catalog = read_catalog(tmp_path)
    assert not is_index_stale(catalog)  # there is none
    (tmp_path / INDEX_NAME).write_text(write_index(catalog))
    assert not is_index_stale(catalog)
    write_scenario(tmp_path, "another-case")
    assert is_index_stale(read_catalog(tmp_path))
