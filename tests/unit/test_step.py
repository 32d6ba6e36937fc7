"""How a step ended, from what it left: harness/processes/step.py."""

import pytest

from harness.processes.limits import StepEnd
from harness.processes.step import read_step_result


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"error": 5}', "{", ""])
def test_a_report_that_says_too_little_is_a_crash(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    assert read_step_result(StepEnd(exit=0), tmp_path).ended == "crash"


def test_a_report_without_an_error_is_a_whole_step(tmp_path):
    (tmp_path / "result.json").write_text('{"error": null, "rows": 3}')
    assert read_step_result(StepEnd(exit=0), tmp_path).ended == "whole"
