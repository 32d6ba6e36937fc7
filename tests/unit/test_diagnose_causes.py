"""The table of causes, its page, and the rules that name them."""

import re
import runpy

from harness.diagnose.causes import ALL, CAUSES
from tests.conftest import REPOSITORY

PAGES = REPOSITORY / "docs" / "reference"
PACKAGE = REPOSITORY / "harness" / "diagnose"
NAMED = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"')


def test_no_cause_has_two_entries() -> None:
    assert len(CAUSES) == len(ALL)


def test_the_page_lists_the_causes() -> None:
    written = runpy.run_path(str(PAGES / "list_causes.py"))["write_page"]()
    assert written == (PAGES / "diagnose.md").read_text(), "python docs/reference/list_causes.py"


def test_every_cause_is_named_by_a_rule_and_no_rule_names_another() -> None:
    rules = [*PACKAGE.glob("*_rules.py"), PACKAGE / "samples.py", PACKAGE / "surroundings.py"]
    rules.append(PACKAGE / "input_changes.py")
    named = {word for file in rules for word in NAMED.findall(file.read_text())}
    assert set(CAUSES) <= named
    given = re.compile(r'make_finding\(\s*"([^"]+)"')
    assert {word for file in rules for word in given.findall(file.read_text())} <= set(CAUSES)


def test_a_cure_is_short_enough_to_be_read() -> None:
    assert not [each.id for each in ALL if max(map(len, each.fix.split("\n"))) > 100]
