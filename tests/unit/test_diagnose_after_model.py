"""What the user's code does behind a model is found, and then the cause before the model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.evaluation.corpus_files import Made, dense, write_archive
from harness.diagnose.file_answer import FileAnswer, Samples
from harness.diagnose.forward.activations import sigmoid, softmax
from harness.diagnose.forward.run import predict
from harness.diagnose.network.read import read_network
from harness.formats.recognize import read_facts
from harness.verdicts.statistics import Array

TABLE = np.random.default_rng(8).normal(size=(40, 4)) * [3, 1, 0.5, 2] + [1, 0, 2, -1]


def write_model(folder: Path, units: int, last: str = "linear") -> Path:
    path, random = folder / "model.keras", np.random.default_rng(4)
    layers = [
        dense("hidden", random.normal(size=(4, 8)) * 0.4, random.normal(size=8) * 0.1, "relu"),
        dense("last", random.normal(size=(8, units)), np.full(units, -0.8), last),
    ]
    write_archive(path, [Made("InputLayer", {"name": "inputs", "batch_shape": [None, 4]}), *layers])
    return path


def diagnose(path: Path, **arrays: Any) -> FileAnswer:
    for name, values in arrays.items():
        np.save(path.parent / f"{name}.npy", values)
    samples = Samples(**{name: str(path.parent / f"{name}.npy") for name in arrays})
    return answer_file(path, "", samples)


def give(path: Path, inputs: Array) -> Array:
    return predict(read_network(read_facts(path)), [inputs]).astype("float32")


STEPS: dict[str, tuple[int, Callable[[Array], Array]]] = {
    "softmax": (3, softmax),
    "sigmoid": (1, sigmoid),
    "np.expm1": (1, np.expm1),
    "np.maximum with 0": (1, lambda given: np.maximum(given, 0)),
    "a factor and an offset": (2, lambda given: given * [40.0, 3.0] + [200.0, -5.0]),
    "argmax": (3, lambda given: given.argmax(-1)),
    "> 0": (1, lambda given: (given > 0).astype(int)),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_behind_the_model_does_not_hide_columns_in_another_order(
    name: str, tmp_path: Path
) -> None:
    units, step = STEPS[name]
    path = write_model(tmp_path, units)
    mixed = TABLE[:, [2, 0, 3, 1]]
    expected, predicted = step(give(path, TABLE)), step(give(path, mixed))
    said = diagnose(path, inputs=mixed, expected=expected, predicted=predicted)
    assert said.own is not None
    assert said.own.computed == "as predicted"
    assert said.own.reason.endswith(f"your arrays hold its outputs after {name}")
    assert [each.cause for each in said.findings] == ["columns-in-another-order"]


def test_a_step_in_one_of_the_arrays_alone_is_the_fault_and_is_not_taken_away(
    tmp_path: Path,
) -> None:
    path = write_model(tmp_path, 3)
    own = give(path, TABLE)
    for expected, predicted in ((softmax(own), own), (own, softmax(own)), (own, own * 2 + 1)):
        said = diagnose(path, inputs=TABLE, expected=expected, predicted=predicted)
        assert said.own is not None
        assert "after" not in said.own.reason


def test_a_few_labels_that_change_prove_nothing(tmp_path: Path) -> None:
    path = write_model(tmp_path, 3)
    inputs = TABLE.copy()
    inputs[:2] = TABLE[:2, [1, 0, 2, 3]]
    given = {"expected": give(path, TABLE).argmax(-1), "predicted": give(path, inputs).argmax(-1)}
    said = diagnose(path, inputs=inputs, **given)
    assert not [each for each in said.findings if each.confidence > 0.7]
