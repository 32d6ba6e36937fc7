"""The notebooks of the course are what the scenarios give: docs/notebooks/."""

import ast
import json
import runpy

import pytest

from harness.course.table import list_track
from tests.conftest import REPOSITORY

NOTEBOOKS = REPOSITORY / "docs" / "notebooks"
MAKER = runpy.run_path(str(NOTEBOOKS / "make_notebooks.py"))
WRITTEN = MAKER["write_notebooks"]()


def read_cells(name, kind):
    cells = json.loads(WRITTEN[name])["cells"]
    return ["".join(each["source"]) for each in cells if each["cell_type"] == kind]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_notebook_is_what_its_scenario_gives(name):
    assert (NOTEBOOKS / name).read_text(encoding="utf-8") == WRITTEN[name], "make notebooks"


def test_there_is_a_notebook_for_every_exercise_of_the_core_and_no_other():
    found = sorted(each.name for each in NOTEBOOKS.glob("*.ipynb"))
    assert found == [f"{n}-{each.id}.ipynb" for n, each in enumerate(list_track("core"), 1)]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_notebook_tells_no_answer_before_it_is_unfolded(name):
    shown = [each for each in read_cells(name, "markdown") if not each.startswith("<details>")]
    assert not [each for each in shown if "Cause" in each or "```" in each]
    assert sum("# MEND restore()" in each for each in read_cells(name, "code")) == 1


@pytest.mark.parametrize("name", WRITTEN)
def test_the_solutions_in_a_notebook_can_be_pasted(name):
    (solution,) = [each for each in read_cells(name, "markdown") if "**Cause**" in each]
    cures = [each for each in solution.split("```")[1::2] if "def restore(" in each]
    assert cures
    for cure in cures:
        ast.parse(cure.removeprefix("python"))


def test_colab_installs_from_the_address_of_the_repository_and_else_from_the_readers():
    address = "https://github.com/someone/restorebench"
    assert 'ADDRESS = "git+https://github.com/someone/restorebench"' in MAKER["write_finder"](
        address
    )
    assert 'ADDRESS = ""' in MAKER["write_finder"]("")
