"""The table of causes, its page, and the rules that name them."""

import re
import runpy

from harness.diagnose.causes.table import ALL, CAUSES
from harness.diagnose.describe import describe_finding
from harness.diagnose.findings import make_finding
from tests.conftest import REPOSITORY

PAGES = REPOSITORY / "docs" / "reference"
PACKAGE = REPOSITORY / "harness" / "diagnose"
NAMED = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"')


def test_no_cause_has_two_entries() -> None:
    assert len(CAUSES) == len(ALL)


def test_the_page_lists_the_causes() -> None:
    written = runpy.run_path(str(PAGES / "list_causes.py"))["write_page"]()
    assert written == (PAGES / "diagnose.md").read_text(), "python docs/reference/list_causes.py"


def test_the_page_lists_the_layers_that_are_computed() -> None:
    written = runpy.run_path(str(PAGES / "list_layers.py"))["write_page"]()
    page = PAGES / "computed-layers.md"
    assert written == page.read_text(), "python docs/reference/list_layers.py"


def test_every_cause_is_named_by_a_rule_and_no_rule_names_another() -> None:
    rules = [*PACKAGE.glob("rules/*.py"), PACKAGE / "load" / "dynamic_rules.py"]
    named = {word for file in rules for word in NAMED.findall(file.read_text())}
    assert set(CAUSES) <= named
    given = re.compile(r'make_finding\(\s*"([^"]+)"')
    assert {word for file in rules for word in given.findall(file.read_text())} <= set(CAUSES)


def test_a_cure_fits_eighty_columns_so_that_it_can_be_pasted() -> None:
    broken = [
        line
        for each in ALL
        for line in describe_finding(1, make_finding(each.id, 0.9, "seen"))[4:]
        if len(line) > 80
    ]
    assert not broken
