"""A TF-Lite model: its layers with real numbers, how it is quantised, and the findings."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.combine import diagnose_all
from harness.diagnose.file_answer import Samples
from harness.diagnose.network.tflite import read_tflite_network
from tests.conftest import REPOSITORY
from tests.formats.hostile.lite import (
    DEQUANTIZE,
    FLOAT16,
    FLOAT32,
    INT8,
    KERNEL,
    SOFTMAX,
    dense_model,
    ints,
    lite,
    model,
    quantised,
    tensor,
)

# Converted by TensorFlow 2.21 in the scenarios tflite-int8-scale-ignored, tflite-float-dequantised;
# pumps.npz: inputs, right predictions, and those of the two broken paths.
FILES = REPOSITORY / "tests" / "data" / "tflite"
PUMPS, DOOR = FILES / "pumps.tflite", FILES / "door.tflite"
ARRAYS = dict(np.load(FILES / "pumps.npz"))


def write(folder: Path, table: dict[int, Any]) -> Path:
    path = folder / "m.tflite"
    path.write_bytes(lite(table))
    return path


def find(path: Path, folder: Path, **arrays: Any) -> list[str]:
    """Return the causes that are found in a file beside arrays."""
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    samples = Samples(**{name: str(folder / f"{name}.npy") for name in arrays})
    return [each.cause for each in answer_file(path, "", samples).findings]


def test_a_converted_model_shows_its_layers_and_how_it_is_quantised() -> None:
    said = answer_file(PUMPS)
    assert [(each.name, each.kind, each.count) for each in said.layers] == [
        ("matmul;Relu", "FULLY_CONNECTED", 64),
        ("Identity", "FULLY_CONNECTED", 16),
    ]
    shown = [(each.role, each.dtype, each.shape, each.zero_point) for each in said.tensors]
    assert shown == [("input", "int8", [1, 4], -128), ("output", "int8", [1, 1], -128)]
    assert said.tensors[1].scale == pytest.approx(1.5374, abs=1e-4)
    assert (said.findings, said.unread) == ([], "")


def test_quantised_weights_come_as_the_real_numbers_that_they_stand_for() -> None:
    network = read_tflite_network(PUMPS)
    first, last = (layer.weights["kernel"] for layer in network.layers)
    hidden = np.maximum(ARRAYS["inputs"] @ first.T, 0)
    own = hidden @ last.T
    # What int8 loses: a few steps of the output, scale 1.54.
    np.testing.assert_allclose(own, ARRAYS["predictions"], atol=12)


def test_scales_of_each_channel_are_those_of_their_axis(tmp_path: Path) -> None:
    steps = np.arange(8, dtype=np.int8).tobytes()
    path = write(tmp_path, dense_model(steps, INT8, quantised([2.0, 10.0], [1, 0])))
    kernel = read_tflite_network(path).layers[0].weights["kernel"]
    np.testing.assert_array_equal(kernel, [[-2, 0, 2, 4], [40, 50, 60, 70]])


def test_weights_stored_as_float16_belong_to_the_layer_that_uses_them(tmp_path: Path) -> None:
    tensors = [
        tensor("x", FLOAT32, (1, 4)),
        tensor("half", FLOAT16, (2, 4), 1),
        tensor("whole", FLOAT32, (2, 4)),
        tensor("y", FLOAT32, (1, 2)),
    ]
    operators = [{0: ("I", 0), 1: ints(1), 2: ints(2)}, {0: ("I", 1), 1: ints(0, 2), 2: ints(3)}]
    codes = [{0: ("b", code), 3: ("i", code)} for code in (DEQUANTIZE, 9)]
    halves = np.ones(8, "<f2").tobytes()
    (layer,) = read_tflite_network(
        write(tmp_path, model(tensors, [halves], operators, codes))
    ).layers
    assert (layer.class_name, layer.weights["kernel"].sum()) == ("FULLY_CONNECTED", 8)


@pytest.mark.parametrize(
    ("table", "cause"),
    [
        (dense_model(bytes(32)), "weights-all-zero"),
        (dense_model(struct.pack("<8f", *[float("nan")] * 8)), "weights-not-finite"),
        (dense_model(b"\5" * 8, INT8, quantised([1.0], [5])), "weights-all-zero"),
        (dense_model(KERNEL[:16], units=1, code=SOFTMAX), "softmax-over-one-unit"),
    ],
)
def test_a_fault_in_the_file_is_named(table: dict[int, Any], cause: str, tmp_path: Path) -> None:
    assert find(write(tmp_path, table), tmp_path) == [cause]
    assert find(write(tmp_path, dense_model(KERNEL)), tmp_path) == []


def test_an_output_that_is_not_dequantised_is_named_with_its_scale(tmp_path: Path) -> None:
    given = {"expected": ARRAYS["predictions"], "predicted": ARRAYS["raw_output"]}
    assert find(PUMPS, tmp_path, **given) == ["tflite-int8-scale-ignored"]
    samples = Samples(**{name: str(tmp_path / f"{name}.npy") for name in given})
    finding = answer_file(PUMPS, "", samples).findings[0]
    assert "int8 (scale 1.5374, zero point -128)" in finding.evidence
    outputs = ARRAYS["raw_output"]
    predictions = eval(finding.fix.removeprefix("predictions = "), {"np": np, "outputs": outputs})
    np.testing.assert_allclose(predictions, ARRAYS["predictions"], rtol=1e-4)
    assert find(PUMPS, tmp_path, predicted=outputs) == ["tflite-int8-scale-ignored"]


def test_real_inputs_that_are_cast_to_int8_are_named(tmp_path: Path) -> None:
    given = {"inputs": ARRAYS["inputs"], "expected": ARRAYS["predictions"]}
    assert find(PUMPS, tmp_path, **given, predicted=ARRAYS["cast_input"]) == [
        "tflite-int8-scale-ignored"
    ]
    assert find(PUMPS, tmp_path, **given, predicted=ARRAYS["predictions"]) == []
    assert find(PUMPS, tmp_path, inputs=ARRAYS["inputs"]) == []


def test_inputs_of_another_size_than_the_calibration_are_named(tmp_path: Path) -> None:
    inputs = ARRAYS["inputs"]
    assert find(PUMPS, tmp_path, inputs=inputs / 100) == ["tflite-bad-representative-dataset"]
    assert find(PUMPS, tmp_path, inputs=inputs * 255) == ["missing-rescale-255"]
    assert find(PUMPS, tmp_path, inputs=inputs - 5) == ["tflite-bad-representative-dataset"]


def test_a_float_model_that_predicts_zeros_may_have_been_dequantised(tmp_path: Path) -> None:
    zeros = np.zeros((9, 1), "float32")
    assert find(DOOR, tmp_path, predicted=zeros) == ["tflite-float-dequantised"]
    assert find(DOOR, tmp_path, predicted=zeros, expected=zeros) == []
    assert find(DOOR, tmp_path, predicted=zeros + 1, expected=zeros) == []


@pytest.mark.parametrize(("apart", "answer"), [(0.01, "equal"), (0.2, "unexplained")])
def test_small_differences_of_a_model_with_weights_of_8_bits_are_rounding(
    apart: float, answer: str, tmp_path: Path
) -> None:
    wanted = ARRAYS["predictions"]
    noise = np.random.default_rng(1).uniform(-apart, apart, wanted.shape) * np.ptp(wanted)
    given = (wanted + noise).astype("float32")
    np.save(tmp_path / "expected.npy", wanted)
    np.save(tmp_path / "predicted.npy", given)
    paths = {name: str(tmp_path / f"{name}.npy") for name in ("expected", "predicted")}
    said = diagnose_all(PUMPS, samples=Samples(**paths), expected=wanted, predicted=[given])
    assert (said.answer, said.findings) == (answer, [])
    assert said.wrong is (answer != "equal")
    assert ("8 bits" in said.reason) is (answer == "equal")


def test_predictions_alone_tell_labels_equal_rows_and_numbers_that_cannot_be(
    tmp_path: Path,
) -> None:
    def alone(path: Path, predicted: Any) -> list[str]:
        return find(path, tmp_path, predicted=np.asarray(predicted))

    two = write(tmp_path, dense_model(KERNEL, units=2))
    assert alone(two, [0, 1, 1, 0]) == ["labels-for-probabilities"]
    assert alone(two, [0.1, 0.9, 0.2]) == alone(two, [0, 1, 2]) == []
    assert alone(PUMPS, np.full((9, 1), 5.3)) == ["tflite-int8-scale-ignored"]
    assert alone(DOOR, np.full((9, 1), 0.7)) == ["scaler-fitted-on-one-row"]
    right, scale = ARRAYS["predictions"], answer_file(PUMPS).tensors[1].scale
    assert scale is not None
    assert alone(PUMPS, right) == []
    assert alone(PUMPS, ARRAYS["raw_output"] * np.float64(scale)) == ["tflite-int8-scale-ignored"]
    assert alone(PUMPS, right * 10 + 500.5) == ["output-in-another-unit"]


def test_code_for_a_zero_point_that_was_left_out_gives_the_right_predictions(
    tmp_path: Path,
) -> None:
    scale = answer_file(PUMPS).tensors[1].scale
    assert scale is not None
    np.save(tmp_path / "now.npy", ARRAYS["raw_output"] * np.float64(scale))
    (finding,) = answer_file(PUMPS, "", Samples(predicted=str(tmp_path / "now.npy"))).findings
    assert finding.evidence.endswith("the zero point is left out")
    known = {"np": np, "outputs": ARRAYS["raw_output"]}
    predictions = eval(finding.fix.removeprefix("predictions = "), known)
    np.testing.assert_allclose(predictions, ARRAYS["predictions"], rtol=1e-4)
