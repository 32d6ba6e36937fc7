"""Inputs of another shape than the model takes: said with what may have happened, and mended."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.describe import describe_diagnosis, name_verdict
from harness.diagnose.diagnosis import diagnose_file
from harness.diagnose.evaluation.corpus_files import Made, dense, write_archive, write_h5
from harness.diagnose.file_answer import Samples
from harness.diagnose.forward.run import predict
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.input_shape import find_misfit, read_shapes
from harness.formats.recognize import read_facts

random = np.random.default_rng(0)
TABLE = random.normal(size=(30, 8))
IMAGES = random.integers(0, 256, (20, 6, 5, 3)).astype(float)
SERIES = random.normal(size=(20, 9, 4))
COUNT = np.arange(30.0)[:, None]
PERSON = random.permutation(900)[:30, None]
TARGET = random.integers(0, 2, (30, 1))


def make(folder: Path, shape: Any, first: str = "Flatten", suffix: str = ".keras") -> Path:
    """Write a linear model that takes rows of this shape; None in it is any length."""
    width = int(np.prod([each or 1 for each in shape])) if first == "Flatten" else shape[-1]
    taken = Made("InputLayer", {"name": "taken", "batch_shape": [None, *shape]})
    head = dense("head", random.normal(size=(width, 2)), [0.5, 1])
    layers = [taken, Made(first, {"name": "first"}), head]
    write = write_archive if suffix == ".keras" else write_h5
    return write(folder / f"m{suffix}", layers)


def say(path: Path, inputs: Any, right: Any = None) -> Any:
    """Return the diagnosis of a model beside inputs, and what it gives for the right ones."""
    np.save(path.parent / "x.npy", inputs)
    samples = Samples(inputs=str(path.parent / "x.npy"))
    if right is not None:
        network = read_network(read_facts(path))
        assert network is not None
        np.save(path.parent / "e.npy", predict(network, [right]).astype("float32"))
        samples = Samples(inputs=samples.inputs, expected=str(path.parent / "e.npy"))
    return answer_file(path, "", samples)


class _Model:
    """Gives back what it is fed."""

    def predict(self, inputs: Any) -> Any:
        return inputs


MENDED = {
    "counts 0, 1, 2, ...: an index": (np.hstack([COUNT, TABLE]), TABLE),
    "an id": (np.hstack([PERSON, TABLE]), TABLE),
    "a target": (np.hstack([TABLE, TARGET]), TABLE),
    "column 3 is too many": (np.insert(TABLE, 3, 0.7, axis=1), TABLE),
    "rows and columns are exchanged": (TABLE.T, TABLE),
    "the axis of the batch is there twice": (TABLE[None], TABLE),
    "without the axis of the batch": (TABLE[0], TABLE[:1]),
    "an axis of length 1": (TABLE[:, None], TABLE),
    "each row is to be flat": (TABLE.reshape(30, 2, 4), TABLE),
    "each row is flat": (IMAGES.reshape(20, -1), IMAGES),
    "channels stand first": (IMAGES.transpose(0, 3, 1, 2), IMAGES),
    "axes are exchanged": (SERIES.transpose(0, 2, 1), SERIES),
    "a channel for transparency": (np.insert(IMAGES, 3, 255, axis=3), IMAGES),
    "the images are grey": (IMAGES[..., 0], IMAGES[..., [0, 0, 0]]),
}


@pytest.mark.parametrize("words", MENDED)
def test_inputs_of_another_shape_are_named_with_code_that_brings_the_outputs_back(
    words: str, tmp_path: Path
) -> None:
    inputs, right = MENDED[words]
    told = say(make(tmp_path, right.shape[1:]), inputs, right)
    assert [each.side for each in told.findings] == ["preprocessing"]
    assert words in told.findings[0].evidence
    assert told.findings[0].confidence == 0.95
    names: dict[str, Any] = {"inputs": inputs, "np": np, "model": _Model()}
    exec(told.findings[0].fix, names)
    np.testing.assert_array_equal(names["predictions"], right)


@pytest.mark.parametrize(
    ("shape", "inputs", "words"),
    [
        ((8,), TABLE[:, :7], "1 column is missing"),
        ((8,), TABLE[:, :5], "3 columns are missing"),
        ((8,), np.hstack([TABLE, TABLE]), "8 columns too many"),
        ((6, 5, 3), np.zeros((4, 12, 10, 3)), "the images have another size"),
        ((6, 5, 1), IMAGES, "the images have colours, where grey is taken"),
        ((9, 4), SERIES[..., :3], "3 values in each step, where 4 are taken"),
        ((9, 4), SERIES[:, :5], "5 steps, where 9 are taken"),
        ((8,), np.zeros((3, 2, 2, 2, 2)), "--inputs has the shape (3, 2, 2, 2, 2)"),
    ],
)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_inputs_alone_are_told_what_the_model_takes(
    shape: Any, inputs: Any, words: str, suffix: str, tmp_path: Path
) -> None:
    told = say(make(tmp_path, shape, suffix=suffix), inputs)
    assert [each.cause for each in told.findings] == ["inputs-of-another-shape"]
    assert words in told.findings[0].evidence


@pytest.mark.parametrize(
    ("shape", "first", "inputs", "right"),
    [
        ((8,), "Flatten", TABLE, TABLE),
        ((8,), "Flatten", TABLE[..., None], TABLE),  # Keras leaves a last axis of 1 out
        ((9, 1), "Flatten", SERIES[..., 0], SERIES[..., :1]),  # and adds one
        ((None, 4), "GlobalAveragePooling1D", SERIES, SERIES),
        ((7, 4), "GlobalAveragePooling1D", SERIES, SERIES),  # a Sequential counts no steps
    ],
)
def test_inputs_that_keras_takes_and_that_give_the_expected_outputs_are_left_alone(
    shape: Any, first: str, inputs: Any, right: Any, tmp_path: Path
) -> None:
    told = say(make(tmp_path, shape, first), inputs, right)
    assert told.own is not None
    assert (told.own.computed, told.findings) == ("as expected", [])


def test_a_file_that_does_not_say_what_it_takes_says_nothing_of_the_inputs(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "m.keras", [dense("head", random.normal(size=(8, 2)), [0, 1])])
    network = read_network(read_facts(path))
    assert network is not None
    assert read_shapes(network) == []
    assert find_misfit(network, [TABLE[:, :7]], None, False) is None


def test_outputs_of_other_rows_leave_the_question_open(tmp_path: Path) -> None:
    path = make(tmp_path, (8,))
    say(path, np.vstack([TABLE] * 3), TABLE)
    samples = Samples(inputs=str(tmp_path / "x.npy"), expected=str(tmp_path / "e.npy"))
    told = diagnose_file(path, samples=samples)
    assert name_verdict(told) == "Cannot tell"
    assert "differ in their rows, 90 and 30" in "\n".join(describe_diagnosis(told))


def test_a_layer_that_does_not_take_what_reaches_it_is_told_without_words_of_numpy(
    tmp_path: Path,
) -> None:
    path = write_archive(tmp_path / "m.keras", [dense("head", random.normal(size=(8, 2)), [0, 1])])
    say(path, TABLE, TABLE)
    np.save(tmp_path / "x.npy", TABLE[:, :7])
    samples = Samples(inputs=str(tmp_path / "x.npy"), expected=str(tmp_path / "e.npy"))
    told = diagnose_file(path, samples=samples)
    assert told.own is not None
    assert told.own.reason.endswith("head does not take what reaches it, of the shape (30, 7)")
    assert name_verdict(told) == "Cannot tell"
