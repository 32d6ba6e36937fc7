"""What comes of a cure: predictions before and after it, against the expected ones."""

import numpy as np
import pytest

from harness.diagnose.causes import ALL, CAUSES
from harness.diagnose.compare_cure import Tried, compare, measure
from harness.diagnose.cures import BY_HAND, CARRIED_OUT, EXECUTED, LOADING, NOT_TRIED
from harness.diagnose.proof import Proof, describe_proof, leave_to_people
from harness.diagnose.prove import find_unknown
from harness.diagnose.stand_ins import STAND_INS
from harness.verdicts.statistics import Array

random = np.random.default_rng(0)
RIGHT, WRONG, OTHER = (random.normal(size=(6, 2)).astype("float32") for _ in range(3))
VERSIONS: dict[str, str | None] = {"tensorflow": "2.21.0", "keras": "3.15.1"}


def prove(
    before: Array | None, after: Array, expected: Array | None, predicted: Array | None = None
) -> Proof:
    """Return the proof of a cure with these predictions."""
    plainly = [] if before is None else [before]
    error = "ValueError: it does not load" if before is None else ""
    tried = Tried([RIGHT], plainly, [after], error, VERSIONS)
    return compare("bgr-instead-of-rgb", "2.21", tried, expected, predicted, "--expected")


def test_a_cure_that_brings_the_expected_predictions_back_is_proved() -> None:
    proof = prove(WRONG, RIGHT * (1 + 1e-7), RIGHT)
    assert (proof.result, proof.reason) == ("cured", "all 6 rows are as expected")
    assert proof.difference_before is not None
    assert proof.difference_after is not None
    assert proof.difference_before > 0.1 > 1e-5 > proof.difference_after


def test_a_cure_that_brings_something_else_is_none() -> None:
    assert prove(WRONG, OTHER, RIGHT).result == "not cured"
    assert prove(WRONG, OTHER, None).result == "not cured"
    assert prove(WRONG, RIGHT[:, :1], RIGHT).result == "not cured"


def test_what_was_right_before_is_not_said_to_be_cured_by_anything() -> None:
    assert prove(RIGHT, RIGHT, RIGHT).reason.endswith("and they were so before")


def test_a_model_that_is_right_alone_acquits_itself_of_what_the_users_code_adds() -> None:
    proof = prove(RIGHT, OTHER, RIGHT, predicted=WRONG)
    assert proof.result == "cured"
    assert "leave out what your code adds" in proof.reason
    assert proof.before == [float(each) for each in WRONG.ravel()[:4]]
    assert proof.after == [float(each) for each in RIGHT.ravel()[:4]]


def test_a_model_that_did_not_load_before_shows_its_error() -> None:
    lines = describe_proof(prove(None, RIGHT, RIGHT))
    assert "  before    ValueError: it does not load" in lines
    assert lines[0] == (
        "The cure of bgr-instead-of-rgb, on a copy in a cage (TensorFlow 2.21.0, Keras 3.15.1):"
    )
    assert lines[-1] == "CURED: all 6 rows are as expected."


def test_differences_are_told_of_what_can_be_compared_alone() -> None:
    assert measure([RIGHT], RIGHT.astype(float)) == pytest.approx(0)
    assert measure([RIGHT[:, :1]], RIGHT[:, 0]) == pytest.approx(0)
    assert measure([RIGHT * np.nan], RIGHT) is None
    assert measure([RIGHT], RIGHT[:3]) is None
    assert measure([np.array(["text"])], RIGHT) is None


def test_every_cure_that_is_carried_out_needs_no_name_that_nobody_gives() -> None:
    made_by_rules = {
        "columns-in-another-order",
        "output-in-another-unit",
        "target-left-scaled",
        "output-columns-permuted",
        "output-axes-reordered",
        "column-in-another-unit",
        "class-names-sorted-otherwise",
        "scaler-refitted",
    }
    for cause in (EXECUTED | LOADING) - made_by_rules:
        assert find_unknown(CAUSES[cause].fix) <= set(STAND_INS), cause
    assert find_unknown("predictions = scaler.transform(model.predict(inputs))") == {"scaler"}
    assert find_unknown("old = lambda x: x\nfor each in model.layers:\n    old(each)") == set()


def test_every_cause_is_carried_out_or_left_to_people_with_a_reason() -> None:
    assert set(CARRIED_OUT) | set(BY_HAND) == set(CAUSES)
    assert not set(CARRIED_OUT) & set(BY_HAND)
    assert all(each.by_hand != NOT_TRIED for each in ALL)
    assert describe_proof(leave_to_people("never-trained")) == [
        "Not proven: never-trained: the model has to be trained again."
    ]
