"""One end for all rows, and files without weights: causes that look alike are told apart."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.combine import diagnose_all
from harness.diagnose.evaluation.corpus_files import dense, write_archive, write_h5
from harness.diagnose.file_answer import Samples
from harness.diagnose.forward.run import predict
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.samples import compare_samples
from harness.formats.recognize import read_facts

random = np.random.default_rng(0)
SCALED = random.normal(size=(40, 5))
RAW = SCALED * 300 + 4000
SHARE = random.uniform(0.1, 0.9, (40, 1))


def write(folder: Path, kernel: Any, bias: float, activation: str) -> Path:
    """Write a model of one unit behind a hidden layer."""
    first = dense("first", np.abs(random.normal(size=(5, 6))), random.normal(size=6), "relu")
    return write_archive(folder / "m.keras", [first, dense("head", kernel, [bias], activation)])


def diagnose(path: Path, inputs: Any, expected: Any) -> list[str]:
    """Return the causes of a model whose predictions of now are its own."""
    network = read_network(read_facts(path))
    assert network is not None
    now = predict(network, [inputs]).astype("float32")
    arrays = {"inputs": inputs, "predicted": now}
    arrays |= {} if expected is None else {"expected": expected}
    for name, values in arrays.items():
        np.save(path.parent / f"{name}.npy", values)
    samples = Samples(**{name: str(path.parent / f"{name}.npy") for name in arrays})
    given = [] if expected is None else [now]
    told = diagnose_all(path, samples=samples, expected=expected, predicted=given)
    return [each.cause for each in told.findings]


@pytest.mark.parametrize("expected", [SHARE, None])
@pytest.mark.parametrize(
    ("inputs", "sign", "bias", "activation", "cause"),
    [
        (SCALED, 1, 60.0, "sigmoid", "saturated-output"),
        (SCALED, 1, -90.0, "sigmoid", "saturated-output"),
        (RAW, 1, 0.1, "sigmoid", "features-not-scaled"),
        (RAW, -1, 0.1, "sigmoid", "sigmoid-underflow"),
        (RAW, 1, 0.1, "softmax", "softmax-over-one-unit"),
    ],
)
def test_the_cause_of_one_end_for_all_rows_is_told_by_the_file(
    inputs: Any, sign: int, bias: float, activation: str, cause: str, expected: Any, tmp_path: Path
) -> None:
    kernel = sign * np.abs(random.normal(size=(6, 1))) / 9
    found = diagnose(write(tmp_path, kernel, bias, activation), inputs, expected)
    assert found[0] == cause
    assert ("softmax-over-one-unit" in found) == (activation == "softmax")


def test_without_a_file_softmax_over_one_unit_stands_behind_what_fits_as_well() -> None:
    found = compare_samples(SHARE, SHARE * 0 + 1).findings
    assert [each.cause for each in found] == ["missing-rescale-255", "softmax-over-one-unit"]


def test_a_model_that_is_sure_of_some_rows_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, random.normal(size=(6, 1)) * 40, 0.1, "sigmoid")
    assert diagnose(path, SCALED, None) == []


def bare(name: str, **more: Any) -> Any:
    layer = dense(name, np.zeros((3, 2)), [0, 0])
    layer.weights.clear()
    layer.config.update(more)
    return layer


@pytest.mark.parametrize(
    ("more", "cause"),
    [({}, "saved-before-built"), ({"batch_input_shape": [None, 3]}, "architecture-only")],
)
@pytest.mark.parametrize("write_file", [write_archive, write_h5])
def test_a_model_that_was_saved_before_it_was_built_has_a_cure_of_its_own(
    write_file: Any, more: dict[str, Any], cause: str, tmp_path: Path
) -> None:
    suffix = ".keras" if write_file is write_archive else ".h5"
    path = write_file(tmp_path / f"m{suffix}", [bare("one", **more), bare("two")])
    found = answer_file(path).findings
    assert [each.cause for each in found] == [cause]


def test_an_archive_whose_weights_are_gone_is_not_told_of_to_json(tmp_path: Path) -> None:
    path, stripped = write_archive(tmp_path / "m.keras", [bare("one")]), tmp_path / "s.keras"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(stripped, "w") as copy:
        for name in ("metadata.json", "config.json"):
            copy.writestr(name, archive.read(name))
    found = answer_file(stripped).findings
    assert [each.cause for each in found] == ["architecture-only"]
    assert "no model.weights.h5 in it" in found[0].evidence
    assert "to_json" not in found[0].fix
