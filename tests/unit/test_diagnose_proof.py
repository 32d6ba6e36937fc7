"""What comes of a cure: predictions before and after it, against the expected ones."""

from pathlib import Path

import numpy as np
import pytest

from harness.diagnose.causes.cures import BY_HAND, CARRIED_OUT, EXECUTED, LOADING, NOT_TRIED
from harness.diagnose.causes.table import ALL, CAUSES
from harness.diagnose.evaluation.corpus_files import dense, write_archive
from harness.diagnose.findings import make_finding
from harness.diagnose.load.compare_cure import Tried, compare, measure, show
from harness.diagnose.load.proof import Proof, describe_proof, leave_to_people
from harness.diagnose.load.prove import NotTried, Prover
from harness.diagnose.load.stand_ins import STAND_INS, find_unknown
from harness.errors import EnvironmentUnusable
from harness.origin.who_wrote import read_origin
from harness.processes.variables import Environment
from harness.verdicts.statistics import Array

random = np.random.default_rng(0)
RIGHT, WRONG, OTHER = (random.normal(size=(6, 2)).astype("float32") for _ in range(3))
KERNEL = random.normal(size=(3, 2))
VERSIONS: dict[str, str | None] = {"tensorflow": "2.21.0", "keras": "3.15.1"}


def prove(
    before: Array | None, after: Array, expected: Array | None, predicted: Array | None = None
) -> Proof:
    """Return the proof of a cure with these predictions."""
    plainly = [] if before is None else [before]
    error = "ValueError: it does not load" if before is None else ""
    tried = Tried([RIGHT], plainly, [after], error, VERSIONS)
    wanted = None if expected is None else [expected]
    return compare("bgr-instead-of-rgb", "2.21", tried, wanted, predicted, "--expected")


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


def test_a_right_cure_with_rough_numbers_of_training_is_not_said_to_be_none() -> None:
    """Nobody has given training's mean, so that of the inputs stood in for it."""
    for after, result in ((RIGHT + 0.1, "cannot"), (WRONG, "not cured"), (OTHER, "not cured")):
        tried = Tried([RIGHT], [WRONG], [after], "", VERSIONS, stand_ins=("mean_of_training",))
        proof = compare("features-not-scaled", "2.21", tried, [RIGHT], None, "--expected")
        assert proof.result == result
        assert (proof.reason.startswith("mean_of_training, taken from")) == (result == "cannot")


def test_what_was_right_before_is_not_said_to_be_cured_by_anything() -> None:
    for after in (RIGHT, OTHER):
        proof = prove(RIGHT, after, RIGHT)
        assert (proof.result, proof.difference_before) == ("not needed", 0)
        assert describe_proof(proof)[-1] == ("NOT NEEDED: all 6 rows are as expected without it.")


def test_a_model_that_is_right_alone_does_not_make_a_wrong_cure_a_cure() -> None:
    proof = prove(RIGHT, OTHER, RIGHT, predicted=WRONG)
    assert proof.result == "not needed"
    assert "leave out what your code adds" in proof.reason
    assert proof.before == [float(each) for each in WRONG.ravel()[:4]]
    assert proof.after == [float(each) for each in OTHER.ravel()[:4]]
    assert proof.difference_after is not None
    assert proof.difference_after > 0.1


def test_a_cure_that_leaves_out_what_the_users_code_adds_is_one() -> None:
    proof = prove(RIGHT, RIGHT, RIGHT, predicted=WRONG)
    assert proof.result == "cured"
    assert proof.reason == "all 6 rows are as expected, with load_model and predict alone too"


def test_every_output_of_a_model_counts() -> None:
    def judge(*after: Array) -> Proof:
        tried = Tried([RIGHT], [WRONG, WRONG], list(after), "", VERSIONS)
        return compare("groups-keyword", "2.21", tried, [RIGHT, OTHER], None, "2.15")

    assert judge(RIGHT, OTHER).result == "cured"
    assert judge(RIGHT, OTHER).difference_after == 0
    assert judge(RIGHT, WRONG).result == "not cured"
    assert judge(RIGHT).result == "not cured"


def test_a_model_that_did_not_load_before_shows_its_error() -> None:
    lines = describe_proof(prove(None, RIGHT, RIGHT))
    assert "  before    ValueError: it does not load" in lines
    assert lines[0] == (
        "The cure of bgr-instead-of-rgb, on a copy in a cage (TensorFlow 2.21.0, Keras 3.15.1):"
    )
    assert lines[-1] == "CURED: all 6 rows are as expected."


def test_differences_are_told_of_what_can_be_compared_alone() -> None:
    assert measure([RIGHT], [RIGHT.astype(float)]) == pytest.approx(0)
    assert measure([RIGHT[:, :1]], [RIGHT[:, 0]]) == pytest.approx(0)
    assert measure([RIGHT, RIGHT], [RIGHT, RIGHT + 2]) == pytest.approx(2)
    assert measure([RIGHT, RIGHT * np.nan], [RIGHT, RIGHT]) is None
    assert measure([RIGHT], [RIGHT[:3]]) is None
    assert measure([RIGHT], [RIGHT, RIGHT]) is None
    assert measure([np.array(["text"])], [RIGHT]) is None


def dense_model(folder: Path) -> Path:
    """Write a model that gives its inputs times KERNEL."""
    return write_archive(folder / "m.keras", [dense("only", KERNEL, np.zeros(2))])


def test_rows_that_the_file_was_not_computed_for_are_not_said_to_be_cured(tmp_path: Path) -> None:
    inputs = random.normal(size=(1000, 3)).astype("float32")
    right = (inputs @ KERNEL).astype("float32")
    after = np.where(np.arange(1000)[:, None] < 64, right, right + 1)
    prover = Prover(
        read_origin(dense_model(tmp_path)), tmp_path, reader="2.21", inputs={"": inputs}
    )
    proof = prover.judge("groups-keyword", Tried([inputs], [after + 5], [after], "", {}), tmp_path)
    assert (proof.result, proof.rows) == ("cured", 64)
    assert proof.reason == "all 64 rows that were computed are as expected"
    assert (proof.expected, proof.difference_after) == ([], None)
    wrong = Tried([inputs], [right], [right + 1], "", {})
    assert prover.judge("groups-keyword", wrong, tmp_path).result == "not cured"
    few = Tried([inputs[:9]], [right[:9] + 5], [right[:9]], "", {})
    assert prover.judge("groups-keyword", few, tmp_path).reason == "all 9 rows are as expected"


def test_one_array_says_nothing_of_two_outputs(tmp_path: Path) -> None:
    origin = read_origin(dense_model(tmp_path))
    prover = Prover(origin, tmp_path, reader="2.21", inputs={"": RIGHT}, expected=RIGHT)
    tried = Tried([RIGHT], [WRONG, WRONG], [RIGHT, OTHER], "", {})
    with pytest.raises(NotTried, match="it has 2 outputs, and --expected is one array"):
        prover.judge("groups-keyword", tried, tmp_path)


def test_predictions_for_other_inputs_than_those_fed_are_not_what_was_before(
    tmp_path: Path,
) -> None:
    """Without --inputs a model is fed what is drawn."""
    origin = read_origin(dense_model(tmp_path))
    prover = Prover(origin, tmp_path, reader="2.21", expected=RIGHT, predicted=OTHER)
    tried = Tried([RIGHT], [WRONG], [RIGHT], "", {})
    assert prover.compare("groups-keyword", tried, [RIGHT], "2.15").before == show([WRONG])


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no release be built; return those that are asked for."""
    asked: list[str] = []

    def refuse(release: str) -> Environment:
        asked.append(release)
        raise EnvironmentUnusable(f"{release} cannot be built", "", "")

    monkeypatch.setattr("harness.diagnose.load.prove.open_portable", refuse)
    return asked


def test_a_release_that_cannot_be_built_costs_its_proof_alone(
    tmp_path: Path, unbuilt: list[str]
) -> None:
    prover = Prover(read_origin(dense_model(tmp_path)), tmp_path, reader="2.15", inputs={"": RIGHT})
    causes = ("never-trained", "double-rescale")
    proofs = prover.prove_all([make_finding(each, 0.9, "seen") for each in causes])
    assert [each.cause for each in proofs] == [*causes]
    assert [each.reason for each in proofs][1:] == ["2.15 cannot be built"]
    assert unbuilt == ["2.15"]


def test_at_most_three_cures_are_tried_also_where_none_gives_an_answer(
    tmp_path: Path, unbuilt: list[str]
) -> None:
    prover = Prover(read_origin(dense_model(tmp_path)), tmp_path, reader="2.15", inputs={"": RIGHT})
    people = ["never-trained", "scaler-fitted-on-one-row"]
    tried = ["double-rescale", "bgr-instead-of-rgb", "input-axes-exchanged", "uint8-truncation"]
    mine = make_finding("column-in-another-unit", 0.9, "seen", "predictions = scaler(predictions)")
    findings = [*(make_finding(each, 0.9, "seen") for each in [*people, *tried]), mine]
    proofs = prover.prove_all([findings[-1], *findings])
    assert [each.cause for each in proofs] == [mine.cause, *people, *tried[:3]]
    assert [bool(each.release) for each in proofs] == [False] * 3 + [True] * 3
    assert unbuilt == ["2.15"] * 3


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
        "scaled-twice",
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
