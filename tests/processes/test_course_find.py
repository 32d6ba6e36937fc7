"""The author's gate for cases on real processes: each is made now, and its evidence is there."""

import msgspec
import pytest

from harness.catalog.load import read_catalog
from harness.course.case_gate import find_case_failures
from harness.course.cases import CASES, find_case
from harness.course.models import make_worker
from harness.files import temporary_folder
from harness.processes.variables import Environment

pytestmark = pytest.mark.tensorflow
CATALOG = read_catalog()


@pytest.fixture(scope="module")
def worker():
    with temporary_folder() as work:
        made = make_worker(Environment(), work)
        yield made
        made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.id)
def test_the_evidence_of_a_case_is_in_its_files_and_for_no_wrong_choice(case, worker, tmp_path):
    assert find_case_failures(case, CATALOG, worker, tmp_path / "work") == []
    for file in (tmp_path / "work" / "case").iterdir():
        content = file.read_bytes()
        assert case.scenario.encode() not in content
        assert case.scenario.replace("-", "_").encode() not in content
        assert str(tmp_path).encode() not in content


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"evidence": "fp16-weight-underflow"}, "diagnose finds no fp16-weight-underflow"),
        ({"files": ("model.h5",)}, "hands out a file that is not there: model.h5"),
        (
            {"evidence": "fp16-weight-underflow", "wrong": ("missing-rescale-255",)},
            "also speaks for the wrong choice missing-rescale-255",
        ),
    ],
)
def test_the_gate_fails_a_case_whose_evidence_is_not_there_or_not_alone(
    fields, said, worker, tmp_path
):
    case = msgspec.structs.replace(find_case("lamp-survey"), **fields)
    failures = find_case_failures(case, CATALOG, worker, tmp_path / "work")
    assert any(said in each for each in failures)
