"""What a model file says: each rule speaks of its fault, and of no look-alike."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.catalog.expectations import Circumstances, find_expectation
from harness.catalog.load import PACKAGED, read_catalog
from harness.diagnose.__main__ import answer_file
from harness.diagnose.causes.file import FILE_CAUSES
from harness.diagnose.causes.reader import READER_CAUSES
from harness.diagnose.evaluation.corpus_files import (
    Made,
    dense,
    describe,
    draw_glorot,
    write_archive,
    write_h5,
)
from harness.diagnose.file_answer import CannotRead, read_file_answer
from harness.diagnose.reader import find_keras
from harness.errors import UsageError
from harness.formats.recognize import find_models

random = np.random.default_rng(0)


def trained(rows: int, columns: int) -> Any:
    """Return a kernel that no initializer draws."""
    return random.normal(size=(rows, columns)).astype("float32")


def normalization(mean: Any, variance: Any) -> Made:
    """Return a Normalization layer in the state that adapt left."""
    config = {"name": "normalization", "axis": [-1], "mean": None, "variance": None}
    values = {"mean": np.float32(mean), "variance": np.float32(variance), "count": np.int64(0)}
    return Made("Normalization", config, values)


def batch_normalization(gamma: Any, mean: Any, variance: Any, **more: Any) -> Made:
    """Return a BatchNormalization layer with these weights."""
    config = {"name": "batch_normalization", "scale": True, "center": True, **more}
    values = {"gamma": gamma, "beta": np.zeros(4), "moving_mean": mean, "moving_variance": variance}
    return Made(
        "BatchNormalization", config, {key: np.float32(each) for key, each in values.items()}
    )


FIRST = dense("first", trained(8, 4), np.float32([0.1, 0, 0, 0]), "relu")
LAST = dense("last", trained(4, 2), np.float32([0.1, -0.2]))
HEALTHY = [FIRST, LAST]
ONES, ZEROS = np.ones(4), np.zeros(4)
MOVED = np.array([1, 1, 1, 0.9])
NAN = np.where(np.eye(8, 4) == 1, np.nan, 1)
TINY = (trained(8, 4) * 1e-6).astype("float16")
DRAWN = [
    dense("first", draw_glorot(random, 8, 16), np.zeros(16, "float32"), "relu"),
    dense("last", draw_glorot(random, 16, 2), np.zeros(2, "float32")),
]
NEGATIVE = -np.abs(trained(4, 2))
OWN = Made("Branches", {"name": "branches"})

Write = Callable[[Path], Path]
SPEAKS: dict[str, Write] = {
    "architecture-only": lambda at: write_json(at / "model.json", HEALTHY),
    "saved-before-built": lambda at: write_h5(at / "m.h5", [Made("Dense", LAST.config)]),
    "layer-without-weights": lambda at: write_archive(
        at / "m.keras", [FIRST, Made("Dense", LAST.config)]
    ),
    "weights-not-finite": lambda at: write_h5(at / "m.h5", [dense("first", NAN, ZEROS), LAST]),
    "fp16-weight-underflow": lambda at: write_h5(at / "m.h5", [dense("first", TINY, MOVED), LAST]),
    "weights-all-zero": lambda at: write_h5(
        at / "m.h5", [FIRST, dense("last", trained(4, 2) * 0, [1.0, 2])]
    ),
    "never-trained": lambda at: write_h5(at / "m.h5", DRAWN, steps=0),
    "layers-as-drawn": lambda at: write_archive(
        at / "m.keras", [dense("a", trained(8, 16), np.ones(16)), DRAWN[1]]
    ),
    "normalization-never-adapted": lambda at: write_archive(
        at / "m.keras", [normalization([0] * 8, [1] * 8), *HEALTHY]
    ),
    "batch-statistics-at-default": lambda at: write_archive(
        at / "m.keras", [FIRST, batch_normalization(MOVED, ZEROS, ONES), LAST]
    ),
    "variables-lost": lambda at: write_h5(
        at / "m.h5", HEALTHY, 9, (np.ones((8, 4)), np.ones((6, 6)))
    ),
    "variables-lost ": lambda at: write_archive(at / "m.keras", [OWN]),
    "dead-output": lambda at: write_h5(
        at / "m.h5", [FIRST, dense("last", NEGATIVE, np.float32([-0.1, 0]), "relu")]
    ),
    "softmax-over-one-unit": lambda at: write_h5(
        at / "m.h5", [FIRST, dense("last", trained(4, 1), [0.1], "softmax")]
    ),
    "softmax-over-one-unit ": lambda at: write_h5(
        at / "m.h5",
        [
            FIRST,
            dense("last", trained(4, 1), [0.1]),
            Made("Activation", {"name": "a", "activation": "softmax"}),
        ],
    ),
    "name-of-a-built-in": lambda at: write_own_dense(at / "model.json"),
}
SILENT: dict[str, Write] = {
    "healthy .h5": lambda at: write_h5(at / "m.h5", HEALTHY, 9, (np.ones((8, 4)), np.ones(4))),
    "healthy .keras": lambda at: write_archive(at / "m.keras", HEALTHY),
    "an own layer without weights": lambda at: write_archive(at / "m.keras", [OWN, *HEALTHY]),
    "one zero in a kernel": lambda at: write_h5(
        at / "m.h5", [dense("first", trained(8, 4) * (np.eye(8, 4) == 0), MOVED), LAST]
    ),
    "a kernel that begins at zero": lambda at: write_h5(
        at / "m.h5",
        [FIRST, dense("last", trained(4, 2) * 0, [1.0, 2], kernel_initializer="zeros")],
    ),
    "float16": lambda at: write_h5(
        at / "m.h5", [dense("first", trained(8, 4).astype("float16"), MOVED), LAST]
    ),
    "twenty steps": lambda at: write_h5(at / "m.h5", step(DRAWN), steps=20),
    "compiled again": lambda at: write_h5(at / "m.h5", step(DRAWN), steps=0),
    "zero biases, trained kernels": lambda at: write_h5(
        at / "m.h5",
        [dense("first", trained(8, 16), np.zeros(16)), dense("last", trained(16, 2), [0, 0])],
    ),
    "adapted": lambda at: write_archive(
        at / "m.keras", [normalization([0.1] * 8, [1.1] * 8), *HEALTHY]
    ),
    "standardised before": lambda at: write_archive(
        at / "m.keras", [normalization([1e-9] * 8, [1] * 8), *HEALTHY]
    ),
    "settled statistics": lambda at: write_archive(
        at / "m.keras", [FIRST, batch_normalization(MOVED, ZEROS + 0.1, ONES), LAST]
    ),
    "frozen statistics": lambda at: write_archive(
        at / "m.keras", [FIRST, batch_normalization(MOVED, ZEROS, ONES, trainable=False), LAST]
    ),
    "a ReLU with a way out": lambda at: write_h5(
        at / "m.h5", [FIRST, dense("last", NEGATIVE, np.float32([0.1, 0]), "relu")]
    ),
    "softmax over two": lambda at: write_h5(
        at / "m.h5", [FIRST, dense("last", trained(4, 2), [0.1, 0.2], "softmax")]
    ),
    "sigmoid over one": lambda at: write_h5(
        at / "m.h5", [FIRST, dense("last", trained(4, 1), [0.1], "sigmoid")]
    ),
}


def write_json(path: Path, layers: list[Made]) -> Path:
    """Write an architecture alone."""
    path.write_text(json.dumps(describe(layers)))
    return path


def write_own_dense(path: Path) -> Path:
    """Write an architecture in which the user's module has a class called Dense."""
    config = describe([Made("Dense", {"name": "mine"})])
    config["config"]["layers"][0] |= {"module": "my_layers", "registered_name": "Dense"}
    path.write_text(json.dumps(config))
    return path


def step(layers: list[Made]) -> list[Made]:
    """Return layers after the least training: their biases have moved."""
    return [
        Made(each.kind, each.config, {name: values + 1e-4 for name, values in each.weights.items()})
        for each in layers
    ]


@pytest.mark.parametrize("case", SPEAKS)
def test_the_fault_in_the_file_is_named(case: str, tmp_path: Path) -> None:
    found = [each.cause for each in answer_file(SPEAKS[case](tmp_path)).findings]
    assert case.strip() in found
    assert found[0] == case.strip() or case == "name-of-a-built-in"  # that file has no weights


@pytest.mark.parametrize("case", SILENT)
def test_a_healthy_look_alike_gives_no_finding(case: str, tmp_path: Path) -> None:
    answer = answer_file(SILENT[case](tmp_path))
    assert (answer.findings, answer.unread) == ([], "")


def test_every_cause_that_a_file_names_has_a_file_that_names_it() -> None:
    beside_inputs = {"batch-statistics-unsettled", "saturated-output"}
    assert {each.id for each in FILE_CAUSES} - beside_inputs <= {case.strip() for case in SPEAKS}


def test_of_the_committed_files_only_one_has_lost_its_layers() -> None:
    paths = [
        model
        for folder in sorted(PACKAGED.glob("version/artifacts/*/artifact"))
        for model in find_models(folder)
    ]
    found = {path: answer_file(path) for path in paths}
    assert len(found) > 20
    assert not [answer.unread for answer in found.values() if answer.unread]
    faulty = {path: answer.findings for path, answer in found.items() if answer.findings}
    assert ["nested_list_of_layers/artifact/model.keras" in str(path) for path in faulty] == [True]


READERS = {
    "2.15": "2.15.0",
    "2.16": "3.0.5",
    "2.17": "3.4.1",
    "2.18": "3.6.0",
    "2.20": "3.11.3",
    "2.21": "3.13.2",
    "2.21 with keras==3.15.1": "3.15.1",
}
LESSONS = {each.id: each for each in read_catalog(None).scenarios}
COMMITTED = [
    each.id
    for each in READER_CAUSES
    if (PACKAGED / "version/artifacts" / each.id.replace("-", "_")).exists()
]


@pytest.mark.parametrize("cause", COMMITTED)
def test_a_reader_is_foretold_what_the_scenario_measures_there(cause: str) -> None:
    rules = LESSONS[cause].rules["restore_broken"]
    folder = PACKAGED / "version/artifacts" / cause.replace("-", "_") / "artifact"
    names = ("model", "weights")
    models = [each for each in find_models(folder) if each.name.partition(".")[0] in names]
    for release, keras in READERS.items():
        if cause == "keras3-file-in-keras2" and keras.startswith("3"):
            continue  # measured in Keras 2 only
        if cause == "newer-keras-file" and keras.startswith("2"):
            continue  # which names the other cause
        where = Circumstances(f"{release[:4]}.0", "", keras, "CPU:0")
        foretold = [
            finding.cause
            for model in models
            for finding in answer_file(model, find_keras(release)).findings
        ]
        measured = find_expectation(rules, where).verdict
        assert (cause in foretold) == (measured != "match"), (release, foretold)


@pytest.mark.parametrize("release", ["2.0", "2.15", "2.16", "2.18", "2.21", "2.21+legacy"])
def test_no_break_is_foretold_of_a_plain_file(release: str, tmp_path: Path) -> None:
    keras = find_keras(release)
    path = write_h5(tmp_path / "m.h5", HEALTHY, loss="mean_squared_error")
    assert answer_file(path, keras).findings == []
    version = "3.0.0" if keras.startswith("3") else "2.15.0"
    assert answer_file(write_archive(tmp_path / "m.keras", HEALTHY, version), keras).findings == []


def test_an_unknown_reader_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="unknown release"):
        find_keras("7.3")


def test_the_reading_process_gives_the_same_answer(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", [dense("first", NAN, ZEROS), LAST])
    assert read_file_answer(path) == answer_file(path)


def test_what_is_no_model_cannot_be_read_and_what_is_not_there_is_wrong_usage(
    tmp_path: Path,
) -> None:
    (tmp_path / "m.keras").write_bytes(b"PK\3\4 and then nothing")
    with pytest.raises(CannotRead, match="no readable model"):
        read_file_answer(tmp_path / "m.keras")
    with pytest.raises(UsageError, match="there is no file"):
        read_file_answer(tmp_path / "absent.keras")


@pytest.mark.parametrize(
    "config",
    [
        {"name": 3, "units": "many", "activation": ["relu"], "kernel_initializer": 7},
        {"name": "x" * 900, "kernel_initializer": {"class_name": 1, "config": {"scale": "nan"}}},
        {"layers": {"a": 1}},
        {},
    ],
)
def test_an_odd_configuration_silences_rules_and_raises_nothing(
    config: dict[str, Any], tmp_path: Path
) -> None:
    for kind in ("Dense", "BatchNormalization", "Sequential", "Normalization"):
        path = tmp_path / "model.json"
        path.write_text(
            json.dumps(
                {
                    "class_name": "Sequential",
                    "config": {"layers": [{"class_name": kind, "config": config}]},
                }
            )
        )
        assert answer_file(path).unread == ""
