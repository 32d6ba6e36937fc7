"""What fitted factors and offsets are called; and nothing is said where predictions are right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import COMPUTING_SECONDS
from harness.diagnose.diagnosis import Diagnosis, join
from harness.diagnose.evaluation.corpus_files import Made, dense
from harness.diagnose.findings import make_finding
from harness.diagnose.rules import input_fit, order_search, surroundings
from tests.unit.test_diagnose_judged import compute, judge, make_deep

random = np.random.default_rng(0)
COLUMNS = 6
FLAG = (random.random(80) > 0.8).astype(float)  # its logarithm is a factor times it
RAW = np.column_stack(
    [random.normal(size=(80, COLUMNS - 1)) * [0.2, 12, 5, 900, 3] + [2, 40, 15, 2000, -7], FLAG]
)
SCALED = (RAW - RAW.mean(0) * 1.1) / RAW.std(0)  # as of a training with other rows
BETWEEN = (RAW - RAW.min(0)) / np.ptp(RAW, axis=0)
FAHRENHEIT = RAW * 1
FAHRENHEIT[:, 2] = RAW[:, 2] * 1.8 + 32
LONG = RAW * 1
LONG[:, 3] = np.expm1(RAW[:, 4] / 3 + 5)


# The inputs at hand, those that the model should get, and the cause.
FITTED = {
    "raw": (RAW, SCALED, "features-not-scaled"),
    "scaled otherwise": (BETWEEN, SCALED, "scaler-refitted"),
    "one column in another unit": (
        (FAHRENHEIT - RAW.mean(0)) / RAW.std(0),
        (RAW - RAW.mean(0)) / RAW.std(0),
        "column-in-another-unit",
    ),
    "scaled where raw ones are wanted": (SCALED, RAW / 20, "inputs-lack-a-step"),
    "without a logarithm": (
        LONG,
        np.where(np.arange(COLUMNS) == 3, np.log1p(np.abs(LONG)), LONG / 20),
        "inputs-lack-a-step",
    ),
}


class Echo:
    """A model that gives what it gets."""

    def predict(self, inputs: Any) -> Any:
        return inputs


@pytest.mark.parametrize("case", FITTED)
def test_a_fit_of_columns_is_called_by_what_its_numbers_do(case: str, tmp_path: Path) -> None:
    inputs, right, cause = FITTED[case]
    layers = make_deep(COLUMNS)
    layers[0].weights["kernel"] *= 0.1  # far from where tanh is flat
    expected, now = compute(tmp_path, layers, right), compute(tmp_path, layers, inputs)
    found = judge(tmp_path, layers, inputs=inputs, expected=expected, predicted=now)
    assert found[0].cause == cause


def test_a_column_in_another_unit_is_said_alone_with_code_for_it_alone(tmp_path: Path) -> None:
    inputs, right, cause = FITTED["one column in another unit"]
    layers = make_deep(COLUMNS)
    layers[0].weights["kernel"] *= 0.1
    expected, now = compute(tmp_path, layers, right), compute(tmp_path, layers, inputs)
    found = judge(tmp_path, layers, inputs=inputs, expected=expected, predicted=now)[0]
    assert found.cause == cause
    assert found.evidence.startswith("with another unit in column 2 alone")
    names: dict[str, Any] = {"inputs": inputs, "model": Echo()}
    exec(found.fix, names)
    np.testing.assert_allclose(names["predictions"], right, atol=1e-3)
    assert found.fix.count("changed[...") == 1


def test_training_mode_is_told_from_refitted_inputs_even_where_dropout_moves_numbers(
    tmp_path: Path,
) -> None:
    config: dict[str, Any] = {"name": "norm", "axis": [1], "epsilon": 1e-3}
    weights = {"gamma": np.ones(COLUMNS), "beta": np.zeros(COLUMNS)}
    moving = {"moving_mean": np.zeros(COLUMNS) + 2, "moving_variance": np.ones(COLUMNS) * 9}
    norm = Made("BatchNormalization", config | {"scale": True, "center": True}, weights | moving)
    layers = [norm, dense("last", random.normal(size=(COLUMNS, 3)), np.zeros(3))]
    rows = random.normal(size=(60, COLUMNS))
    batch = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-3)
    as_trained = compute(tmp_path, layers[1:], batch)
    now = as_trained + random.normal(size=as_trained.shape) * 0.02
    expected = compute(tmp_path, layers, rows)
    found = judge(tmp_path, layers, inputs=rows, expected=expected, predicted=now)
    assert [each.cause for each in found] == ["training-mode-at-inference"]
    assert "come near" in found[0].evidence


def test_nothing_is_said_of_a_step_outside_the_file_where_predictions_are_right(
    tmp_path: Path,
) -> None:
    layers = [dense("logits", random.normal(size=(COLUMNS, 4)), np.zeros(4))]
    logits = compute(tmp_path, layers, SCALED)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    assert judge(tmp_path, layers, inputs=SCALED, expected=shares, predicted=shares) == []
    found = judge(tmp_path, layers, inputs=SCALED, expected=shares, predicted=logits)
    assert found[0].cause == "logits-read-as-probabilities"


def test_missing_cells_of_inputs_are_named_without_outputs(tmp_path: Path) -> None:
    holed = np.where(np.arange(COLUMNS) == 2, np.nan, SCALED)
    assert [each.cause for each in judge(tmp_path, make_deep(COLUMNS), inputs=holed)] == [
        "one-missing-cell"
    ]


def test_what_two_witnesses_name_counts_for_more_and_does_not_beat_a_sure_one() -> None:
    def tell(**sure: float) -> Diagnosis:
        found = [
            make_finding(cause.replace("_", "-"), value, "said") for cause, value in sure.items()
        ]
        return Diagnosis(findings=found)

    outputs = tell(scaler_fitted_on_one_row=0.4)
    for other, first in ((0.6, "scaler-fitted-on-one-row"), (0.8, "batch-never-filled")):
        both = join(tell(scaler_fitted_on_one_row=0.4, batch_never_filled=other), outputs)
        assert both.findings[0].cause == first


def test_all_that_is_tried_ends_before_the_kernel_ends_the_process() -> None:
    tried = surroundings.CPU_SECONDS + order_search.CPU_SECONDS + input_fit.CPU_SECONDS
    assert tried + 1 < COMPUTING_SECONDS  # to start, read the file and end the last try
