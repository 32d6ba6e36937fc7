"""Every notebook of the course runs from top to bottom: docs/notebooks/."""

import os
import re

import nbformat
import pytest
from nbclient import NotebookClient

from harness.catalog.load import read_catalog
from harness.course.exercises import MARK, cut_solution, list_solutions
from harness.course.table import list_track
from tests.conftest import PATIENCE, REPOSITORY, UNSET

pytestmark = pytest.mark.tensorflow
NOTEBOOKS = REPOSITORY / "docs" / "notebooks"
CATALOG = read_catalog()
SILENT, RAISING = "street-lamps", "sensor-model"  # one of each kind for every change


def execute(exercise, folder, cure=""):
    """Run a notebook in a kernel of its own; return what its two checks show, mended and not.

    `cure` takes the place of the script to mend; without one the notebook is run as it is.
    """
    (file,) = NOTEBOOKS.glob(f"*-{exercise}.ipynb")
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:
        if cure and MARK in cell.source:
            cell.source = cure
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    client = NotebookClient(notebook, timeout=PATIENCE, resources=where)
    client.execute(env=kept | {"IPYTHONDIR": str(folder)})
    return [cell.outputs for cell in notebook.cells if "exercise.check(" in cell.get("source", "")]


def read_text(outputs):
    return "".join(each["text"] for each in outputs if each.get("name") == "stdout")


def count_plots(outputs):
    return sum("image/svg+xml" in each.get("data", {}) for each in outputs)


@pytest.mark.parametrize(
    "exercise",
    [
        pytest.param(each, marks=() if each.id == SILENT else pytest.mark.long)
        for each in list_track("core")
    ],
    ids=lambda each: each.id,
)
def test_a_notebook_shows_the_failure_and_with_the_solution_filled_in_is_done(exercise, tmp_path):
    scenario = CATALOG.find(exercise.scenario)
    cure = cut_solution(exercise, scenario, list_solutions(scenario)[0])
    found, mended = execute(exercise.id, tmp_path, cure)
    assert read_text(found).startswith("still failing: ")
    assert read_text(mended).startswith("done: ")
    assert count_plots(mended) == 1
    assert count_plots(found) == (0 if "error" in scenario.verdicts("broken")[:1] else 1)


def test_a_notebook_whose_script_raises_is_still_failing_without_a_traceback(tmp_path):
    for outputs in execute(RAISING, tmp_path):
        assert read_text(outputs).startswith("still failing: ")
        assert not re.search(r"Traceback|File \"", read_text(outputs))
        assert {each["output_type"] for each in outputs} == {"stream"}
