"""`diagnose` at the command line."""

import json

import numpy as np
import pytest

from harness.catalog.load import read_catalog
from harness.diagnose.causes import ALL

VALUES = np.random.default_rng(0).normal(size=(20, 2)) * [5, 20] + [3, -7]
UNRELATED = np.random.default_rng(1).normal(size=(20, 2))


@pytest.fixture
def outputs(tmp_path):
    """Write expected and predicted outputs; return the options that name them."""

    def write(expected, *predicted):
        np.save(tmp_path / "expected.npy", expected)
        options = ["--expected", "expected.npy"]
        for number, each in enumerate(predicted):
            np.save(tmp_path / f"predicted{number}.npy", each)
            options += ["--predicted", f"predicted{number}.npy"]
        return options

    return write


def test_a_cause_is_named_with_evidence_cure_and_the_next_command(call, outputs):
    given = outputs(VALUES, (VALUES - VALUES.mean(0)) / VALUES.std(0))
    ended = call("diagnose", *given)
    assert ended.code == 1
    assert "1. target-left-scaled (side: postprocessing, almost certain)" in ended.stdout
    assert " * predicted + " in ended.stdout
    assert "scaler.inverse_transform(" in ended.stdout
    assert ended.stdout.endswith("Next: python -m harness explain target-left-scaled\n")
    told = json.loads(call("diagnose", *given, "--json").stdout)
    assert told["findings"][0]["cause"] == "target-left-scaled"
    assert {"model", "format", "writer", "unsafe", "answer"} <= set(told)


def test_equal_outputs_are_no_fault(call, outputs):
    ended = call("diagnose", *outputs(VALUES, VALUES))
    assert (ended.code, ended.stdout.splitlines()[0][:15]) == (0, "No fault found:")


def test_outputs_that_differ_without_a_cause_are_wrong_nevertheless(call, outputs):
    ended = call("diagnose", *outputs(VALUES, UNRELATED))
    assert ended.code == 1
    assert "nothing in them names the cause" in ended.stdout


def test_two_calls_that_differ_need_no_expected_outputs(call, outputs):
    given = outputs(VALUES, VALUES, VALUES + 0.1 * UNRELATED)[2:]
    ended = call("diagnose", *given)
    assert ended.code == 1
    assert "1. training-mode-at-inference" in ended.stdout


def test_too_little_evidence_is_wrong_usage(call, outputs):
    for given in ([], outputs(VALUES, VALUES)[:2], outputs(VALUES, VALUES)[2:]):
        ended = call("diagnose", *given)
        assert ended.code == 2
        assert ended.stderr.startswith("ERROR  ")


def test_every_cause_is_listed_with_what_it_needs(call):
    listed = json.loads(call("diagnose", "--causes", "--json").stdout)
    assert [each["id"] for each in listed] == [each.id for each in ALL]
    text = call("diagnose", "--causes").stdout
    assert all(each.sentence in text for each in ALL)


def test_every_lesson_that_a_cause_names_is_there():
    lessons = {each.id for each in read_catalog(None).scenarios}
    assert {each.scenario for each in ALL if each.scenario} <= lessons
