"""Faults of models that nobody had seen while the rules were written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.evaluation.corpus_files import Made, dense
from harness.diagnose.forward.activations import softmax
from harness.diagnose.network.layer import Layer, Network, Node
from harness.diagnose.rules.chance import find_varying
from harness.diagnose.rules.drawn import find_partly_drawn
from harness.diagnose.rules.lost_inputs import find_beyond_table, find_nothing
from harness.diagnose.rules.samples import compare_samples
from harness.diagnose.rules.scaler import compare_scaler
from harness.diagnose.rules.tflite import spell_rounding
from harness.diagnose.rules.training_inputs import compare_inputs
from harness.diagnose.scaler import Scaler
from tests.unit.test_diagnose_judged import make_deep
from tests.unit.test_diagnose_judged_again import make_network
from tests.unit.test_diagnose_sides import compute, judge

random = np.random.default_rng(3)
MASKS = random.uniform(size=(10, 6, 8, 1))
SHARES = random.uniform(0.05, 0.9, (20, 4))
CENTER, DIVISOR = np.array([4.5, 27.0, 1400.0, -119.0]), np.array([2.0, 15.0, 1100.0, 2.0])
RAW = random.normal(size=(60, 4)) * DIVISOR + CENTER
SCALED = (RAW - CENTER) / DIVISOR
SCALER = Scaler("StandardScaler", CENTER, DIVISOR, rows=3000)


def name_causes(expected: Any, predicted: Any) -> list[str]:
    return [
        each.cause for each in compare_samples(np.array(expected), np.array(predicted)).findings
    ]


@pytest.mark.parametrize(
    ("expected", "predicted", "cause"),
    [
        (MASKS, 1 - MASKS, "class-order-flipped"),
        (MASKS, MASKS * 255, "output-in-another-unit"),
        (MASKS, MASKS[:, ::-1], "output-axes-reordered"),
        (MASKS, MASKS[:, :, ::-1], "output-axes-reordered"),
        (SHARES, softmax(SHARES), "activation-applied-twice"),
        (SHARES, SHARES / SHARES.sum(1, keepdims=True), "output-in-another-unit"),
        (SHARES**2, SHARES, "target-left-scaled"),
        (10**SHARES, SHARES, "target-left-scaled"),
        (SHARES, SHARES * (np.arange(20) < 16)[:, np.newaxis], "batch-never-filled"),
    ],
)
def test_what_was_done_to_outputs_is_named(expected: Any, predicted: Any, cause: str) -> None:
    assert name_causes(expected, predicted)[:1] == [cause]


def test_outputs_of_another_model_have_no_such_relation() -> None:
    assert not name_causes(MASKS, random.uniform(size=MASKS.shape))
    assert not name_causes(SHARES, random.uniform(size=SHARES.shape))


def test_inputs_that_are_scaled_in_part_are_named_with_code_for_the_rest() -> None:
    partly = SCALED.copy()
    partly[:, [1, 2]] = RAW[:, [1, 2]]
    found = compare_scaler(SCALER, partly)
    assert [each.cause for each in found] == ["features-not-scaled"]

    class Fitted:
        mean_, scale_ = CENTER, DIVISOR

    class Echo:
        def predict(self, inputs: Any) -> Any:
            return inputs

    known: dict[str, Any] = {"inputs": partly, "scaler": Fitted(), "model": Echo()}
    exec(found[0].fix, known)
    assert np.allclose(known["predictions"], SCALED)
    assert "only the mean" in compare_scaler(SCALER, RAW - CENTER)[0].evidence
    for healthy in (SCALED, SCALED[:12]):
        assert not compare_scaler(SCALER, healthy)


def test_scaled_columns_in_another_order_are_found_by_what_the_scaler_undoes() -> None:
    center = np.array([4.5, 27.0, 5.4, 1400.0, 36.0, -119.0])
    divisor = np.array([2.0, 15.0, 1.2, 1100.0, 2.0, 2.0])
    scaler = Scaler("StandardScaler", center, divisor, rows=3000)
    raw = random.normal(size=(48, 6)) * divisor + center
    mixed = raw[:, [5, 2, 4, 1, 3, 0]]
    found = compare_scaler(scaler, (mixed - center) / divisor)
    assert [each.cause for each in found] == ["columns-in-another-order"]
    assert not compare_scaler(scaler, (raw - center) / divisor)


def test_raw_numbers_beside_right_one_hot_columns_are_not_scaled() -> None:
    flags = np.eye(3)[random.integers(0, 3, 60)]
    before, now = np.hstack([SCALED, flags, flags]), np.hstack([RAW, flags, flags])
    found = compare_inputs(before, now[:30])
    assert [each.cause for each in found] == ["features-not-scaled"]


def test_decimals_are_missed_in_each_column_and_beside_many_zeros() -> None:
    table = np.hstack([RAW, random.integers(0, 24, (60, 2))])
    cut = table.astype(int)
    assert [each.cause for each in compare_inputs(table, cut[:30])] == ["uint8-truncation"]
    images = np.where(random.random((30, 10, 10)) > 0.7, random.random((30, 10, 10)), 0)
    images[::5, 0, 0] = 1  # and all the rest is cut off to 0
    found = compare_inputs(images[:15], images[15:].astype("uint8") + 0.0)
    assert [each.cause for each in found] == ["uint8-truncation"]


def test_nothing_and_words_beyond_the_table_are_named() -> None:
    found = find_nothing(Network(), np.zeros((5, 3)))
    assert found is not None
    assert found.cause == "batch-never-filled"
    assert find_nothing(Network(), np.eye(3)) is None
    network = Network(Node("Sequential", [Layer("words", "Embedding", {"input_dim": 50})]))
    assert find_nothing(network, np.zeros((5, 3))) is None
    assert find_beyond_table(network, np.full((5, 3), 49)) is None
    beyond = find_beyond_table(network, np.array([[3, 50], [2, 1]]))
    assert beyond is not None
    assert "1 of 4 numbers are larger, up to 50" in beyond.evidence


def test_a_head_of_two_layers_that_was_made_again_is_found(tmp_path: Path) -> None:
    limit = np.sqrt(6 / (24 + 16))
    trained = dense("backbone", random.normal(size=(6, 24)), random.normal(size=24))
    hidden = dense("hidden", random.uniform(-limit, limit, (24, 16)), np.zeros(16))
    limit = np.sqrt(6 / (16 + 1))
    head = dense("head", random.uniform(-limit, limit, (16, 1)), np.zeros(1))
    found = find_partly_drawn(make_network(tmp_path, trained, hidden, head))
    assert found is not None
    assert "hidden, head are as they were drawn" in found.evidence
    moved = dense("head", head.weights["kernel"], np.array([0.01]))
    assert find_partly_drawn(make_network(tmp_path, trained, hidden, moved)) is None


def test_no_dropout_makes_two_calls_that_have_nothing_in_common() -> None:
    network = Network(Node("Sequential", [Layer("drop", "Dropout", {"rate": 0.3})]))
    one, other = random.random((30, 3)), random.random((30, 3))
    assert not find_varying(network, one, other)
    said = find_varying(network, one, one + 0.05 * other)
    assert [each.cause for each in said] == ["training-mode-at-inference"]


KELVIN, TAILED = SCALED.copy(), SCALED.copy()
KELVIN[:, 1] += 273.15 / DIVISOR[1]
TAILED[:, 2] = np.expm1(SCALED[:, 2] + 4)


@pytest.mark.parametrize(
    ("inputs", "right", "cause", "said"),
    [
        (KELVIN, SCALED, "column-in-another-unit", "column 1 alone"),
        (TAILED, SCALED, "inputs-lack-a-step", "the logarithm in column 2 alone"),
        (SCALED, SCALED * 1.75, "inputs-lack-a-step", "one factor for all columns, 1.75"),
    ],
)
def test_one_column_or_one_factor_is_said_alone(
    inputs: Any, right: Any, cause: str, said: str, tmp_path: Path
) -> None:
    layers = make_deep(4)
    layers[0].weights["kernel"] *= 0.1
    found = judge(tmp_path, inputs, compute(tmp_path, layers, right), layers)
    assert found[0].cause == cause
    assert said in found[0].evidence

    class Model:
        def predict(self, inputs: Any) -> Any:
            return inputs

    known: dict[str, Any] = {"inputs": inputs, "np": np, "model": Model()}
    exec(found[0].fix, known)
    assert np.allclose(known["predictions"], right, atol=1e-3)


def test_rows_that_are_right_say_more_than_a_change_of_all_rows(tmp_path: Path) -> None:
    layers: list[Made] = make_deep(4)
    inputs = SCALED.copy()
    inputs[:20, 1] = -67.9
    found = judge(tmp_path, inputs, compute(tmp_path, layers, SCALED), layers)
    assert found[0].cause == "inputs-lack-a-step"
    assert "in all of them, and in no right one, column 1 is -67.9" in found[0].evidence


def make_sparse(rows: int) -> Any:
    prices = np.where(random.random((rows, 1)) < 0.1, random.uniform(1, 9, (rows, 1)), 0)
    return np.hstack([np.eye(5)[random.integers(0, 5, rows)], prices])


@pytest.mark.parametrize("rows", [1, 2, 12])
def test_few_rows_without_decimals_come_by_chance(rows: int) -> None:
    for _ in range(20):
        assert not compare_inputs(make_sparse(200), make_sparse(rows))


def test_grades_that_end_at_0_and_1_were_not_fitted_again() -> None:
    ends = {"low": np.zeros(3), "high": np.full(3, 10.0)}
    scaler = Scaler("MinMaxScaler", np.zeros(3), np.full(3, 10.0), rows=1000, **ends)
    assert not compare_scaler(scaler, random.integers(0, 11, (120, 3)) / 10)
    whole = random.normal(size=(200, 3))
    whole = (whole - whole.min(0)) / np.ptp(whole, axis=0)
    whole = np.hstack([whole, random.choice([-1, 1], (200, 1))])
    assert not compare_inputs(whole[:50], whole)


def test_a_narrow_batch_is_scaled_and_not_raw() -> None:
    scaler = Scaler("StandardScaler", np.array([0.3, 50, 5]), np.array([0.1, 10, 2]), rows=1000)
    narrow = random.normal(size=(40, 3))
    narrow[:, 0] = random.normal(0.3, 0.15, 40)
    assert not compare_scaler(scaler, narrow)


def test_answers_of_a_poll_are_no_numbers_that_were_cut_off(tmp_path: Path) -> None:
    layers = make_deep(4)
    poll = random.choice([-2, -1, 0, 1, 2], (60, 4), p=[0.07, 0.22, 0.4, 0.22, 0.09]) * 1.0
    assert not judge(tmp_path, poll, compute(tmp_path, layers, poll), layers)


def test_a_square_root_is_not_said_of_labels() -> None:
    labels = random.integers(0, 2, (30, 1)) * 1.0
    assert "target-left-scaled" not in name_causes(labels, 2 * labels - 1)


@pytest.mark.parametrize(
    "expected",
    [
        random.integers(0, 3, 60),
        np.eye(7, dtype=int)[random.integers(0, 7, 60)],
        random.normal(size=(60, 2)),
    ],
)
def test_outputs_of_another_shape_leave_an_answer(expected: Any, tmp_path: Path) -> None:
    layers: list[Made] = make_deep(4)
    found = judge(tmp_path, SCALED, expected, layers)
    assert found[0].cause in ("another-model-in-the-file", "inputs-lack-a-step")


def test_an_outlier_does_not_make_other_predictions_equal() -> None:
    network = Network(quantised=True)
    wanted = np.vstack([random.random((99, 1)), [[100.0]]])
    given = np.vstack([random.random((99, 1)) * 4, [[100.0]]])
    assert not spell_rounding(network, wanted, given)
    assert spell_rounding(network, wanted[:-1], wanted[:-1] * 1.01)
