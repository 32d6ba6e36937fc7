"""A lost step or another model: which comes first, what speaks for it, and which check decides."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.evaluation.corpus_files import Made, dense, write_archive
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import Finding
from harness.diagnose.forward.run import predict
from harness.diagnose.network.read import read_network
from harness.formats.recognize import read_facts

LAYERS, OTHER = (
    [
        dense("first", random.normal(size=(6, 16)) * 0.6, random.normal(size=16) / 3, "tanh"),
        dense("last", random.normal(size=(16, 1)), [0.5]),
    ]
    for random in map(np.random.default_rng, (0, 1))
)
random = np.random.default_rng(2)
SCALED = random.normal(size=(60, 6))
TAILED = random.lognormal(1, 1, (60, 6))
STEP, MODEL = "inputs-lack-a-step", "another-model-in-the-file"


def compute(folder: Path, layers: list[Made], inputs: Any) -> Any:
    """Return what a model of these layers gives."""
    network = read_network(read_facts(write_archive(folder / "m.keras", layers)))
    assert network is not None
    return predict(network, [np.asarray(inputs, "float64")]).astype("float32")


def judge(folder: Path, inputs: Any, expected: Any, layers: list[Made] = LAYERS) -> list[Finding]:
    """Return what is found in a file whose own outputs are those of now."""
    now = compute(folder, layers, inputs)
    arrays = {"inputs": inputs, "expected": expected, "predicted": now}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    given = {name: str(folder / f"{name}.npy") for name in arrays}
    return answer_file(folder / "m.keras", "", Samples(**given)).findings


class _Model:
    """Gives back what it is fed."""

    def predict(self, inputs: Any) -> Any:
        return inputs


@pytest.mark.parametrize(
    ("inputs", "right"),
    [
        (SCALED * [0.1, 3, 40, 500, 7, 1] + [3, -8, 20, 900, 0, 5], SCALED + 0.7),
        (SCALED * [1, 1, 1000, 1, 1, 1], SCALED),
        (TAILED, np.log1p(TAILED)),
        (TAILED, (np.log1p(TAILED) - 1.5) / 0.7),
    ],
)
def test_an_unknown_scaler_that_is_lost_is_found_with_its_numbers(
    inputs: Any, right: Any, tmp_path: Path
) -> None:
    found = judge(tmp_path, inputs, compute(tmp_path, LAYERS, right))
    assert found[0].side == "preprocessing"
    assert "the file gives the expected outputs" in found[0].evidence
    names: dict[str, Any] = {"np": np, "inputs": inputs, "model": _Model()}
    exec(found[0].fix, names)
    np.testing.assert_allclose(names["predictions"], right, atol=0.02)


def test_rows_that_are_right_to_the_last_digit_acquit_the_weights(tmp_path: Path) -> None:
    cut = SCALED.copy()
    cut[:, 2] = cut[:, 2].clip(max=0.3)
    found = judge(tmp_path, SCALED, compute(tmp_path, LAYERS, cut))
    assert [each.cause for each in found] == [STEP]
    assert "so the weights are right" in found[0].evidence
    assert "in all of them column 2 is above" in found[0].evidence


def test_outputs_that_do_not_follow_leave_the_side_open_with_the_step_first(tmp_path: Path) -> None:
    lengths = np.linalg.norm(TAILED, axis=1, keepdims=True)
    found = judge(tmp_path, TAILED, compute(tmp_path, LAYERS, TAILED / lengths))
    assert [each.cause for each in found] == [STEP, MODEL]
    assert "the side is open" in found[0].evidence


def test_outputs_that_follow_leave_the_side_open_and_a_step_comes_first(
    tmp_path: Path,
) -> None:
    moved = [dense("first", LAYERS[0].weights["kernel"] + 0.02, LAYERS[0].weights["bias"], "tanh")]
    moved.append(LAYERS[1])
    near = random.normal(size=(6, 16)) * 0.05
    moved[0].weights["kernel"] = moved[0].weights["kernel"] + near
    found = judge(tmp_path, SCALED, compute(tmp_path, moved, SCALED))
    assert [each.cause for each in found] == [STEP, MODEL]
    assert "follow the expected ones" in found[1].evidence


def test_usual_inputs_and_outputs_of_another_size_are_of_another_model_first(
    tmp_path: Path,
) -> None:
    found = judge(tmp_path, SCALED, compute(tmp_path, OTHER, SCALED) * 60 + 900)
    assert [each.cause for each in found] == [MODEL, STEP]
    assert "inputs of a usual size" in found[0].evidence


def test_a_linear_model_is_not_fitted_since_any_weights_are_a_scaler_more(tmp_path: Path) -> None:
    one, two = ([dense("last", random.normal(size=(6, 1)), [0.5])] for _ in range(2))
    found = judge(tmp_path, SCALED, compute(tmp_path, two, SCALED), one)
    assert {each.cause for each in found} == {STEP, MODEL}


@pytest.mark.parametrize("cause", [STEP, MODEL])
def test_the_cure_says_which_check_decides(cause: str) -> None:
    assert "--inputs as_fed.npy --expected expected.npy" in CAUSES[cause].fix
