"""What a process that restored a model has left is read as what was asked for, or not at all."""

import json
import os
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from harness.catalog.load import PACKAGED
from harness.errors import EnvironmentUnusable
from harness.origin.answer import ArrayFile, read_array, read_arrays, read_model_report
from harness.origin.hide import hide_folders
from harness.origin.restore import read_restored, restore_model
from harness.origin.who_wrote import read_origin
from harness.processes.answer_files import UnreadableAnswer
from harness.processes.limits import Limits, StepEnd, find_excess
from harness.processes.spawn import SpawnWorker
from harness.processes.step import ModelStep
from harness.processes.variables import Environment, keep_needed
from tests.unit.builders import MODEL_STEP

ARCHIVE = PACKAGED / "version/artifacts/newer_keras_file/artifact/model.keras"
TENSOR = {"name": "out", "shape": [2], "dtype": "float32"}
REPORT = {
    "error": None,
    "inputs": [TENSOR | {"fed": "standard normal"}],
    "outputs": [TENSOR],
    "input_files": [{"shape": [2], "dtype": "<f4"}],
    "output_files": [{"shape": [2], "dtype": "<f4"}],
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"},
}


def leave(folder, report=REPORT, output=(1, 2)):
    """Write what a step leaves."""
    text = report if isinstance(report, str) else json.dumps(report)
    (folder / "result.json").write_text(text)
    np.save(folder / "input-000.npy", np.zeros(2, np.float32))
    np.save(folder / "output-000.npy", np.asarray(output, np.float32))


def test_an_answer_as_it_should_be_is_read(tmp_path):
    leave(tmp_path)
    restored = read_restored(StepEnd(exit=0), tmp_path)
    assert (restored.error, restored.findings()) == ("", ["varies"])
    assert restored.spell_versions() == " (TensorFlow 2.21.0, Keras 3.15.1)"
    assert list(restored.fed) == ["out"]


@given(
    drawn.arrays(
        st.one_of(
            drawn.floating_dtypes(),
            drawn.integer_dtypes(),
            drawn.boolean_dtypes(),
            drawn.unicode_string_dtypes(max_len=4),
        ),
        drawn.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_every_array_comes_back_as_it_was_written(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("answer") / "output-000.npy"
    np.save(path, array)
    declared = ArrayFile(shape=list(array.shape), dtype=array.dtype.str)
    np.testing.assert_array_equal(read_array(path, declared, 1 << 20), array)
    with pytest.raises(UnreadableAnswer, match="than was declared"):
        read_array(path, ArrayFile(shape=[*array.shape, 1], dtype=array.dtype.str), 1 << 20)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(UnreadableAnswer, match="cut off"):
        read_array(path, declared, 1 << 20)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [("<f4", (0, 2**70)), ("<f4", (2**62, 0)), ("<U0", (10**12,)), ("<f4", (0,) * 70)],
    ids=["beyond an integer", "beyond the memory", "words without letters", "70 dimensions"],
)
def test_a_shape_that_takes_no_byte_and_fits_no_array_is_no_readable_answer(tmp_path, dtype, shape):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    path = tmp_path / "output-000.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(UnreadableAnswer):
        read_array(path, ArrayFile(shape=list(shape), dtype=dtype), 1 << 20)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_answer_and_raise_nothing_else(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("answer")
    for start in (b"", b"\x93NUMPY\x01\x00"):
        (folder / "output-000.npy").write_bytes(start + content)
        with pytest.raises(UnreadableAnswer):
            read_arrays(folder, "output", [ArrayFile(shape=[2], dtype="<f4")])
    (folder / "result.json").write_bytes(content)
    assert read_model_report(folder) is None


@pytest.mark.parametrize(
    "report",
    [
        "{}",
        "[" * 100_000,
        json.dumps(REPORT) + " " * (1 << 20),
        json.dumps(REPORT | {"outputs": [TENSOR] * 1001}),
        json.dumps(REPORT | {"outputs": [{"name": ["a"], "shape": [], "dtype": "f"}]}),
        json.dumps(REPORT | {"signature": True}),
    ],
    ids=["empty", "nested", "long", "many", "other-types", "no-bool"],
)
def test_a_report_of_another_form_is_no_readable_answer(report, tmp_path):
    leave(tmp_path, report)
    restored = read_restored(StepEnd(exit=0), tmp_path)
    assert restored.error == "the process gave no readable answer"


def test_an_array_that_needs_unpickling_is_no_readable_answer(tmp_path):
    leave(tmp_path, REPORT | {"output_files": [{"shape": [1], "dtype": "|O"}]})
    np.save(tmp_path / "output-000.npy", np.array([{}], object), allow_pickle=True)
    assert "no readable answer" in read_restored(StepEnd(exit=0), tmp_path).error


@pytest.mark.parametrize("name", ["result.json", "output-000.npy"])
def test_links_and_pipes_in_the_place_of_an_answer_are_neither_followed_nor_awaited(name, tmp_path):
    leave(tmp_path)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    assert "no readable answer" in read_restored(StepEnd(exit=0), tmp_path).error
    if hasattr(os, "mkfifo"):
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
        assert "no readable answer" in read_restored(StepEnd(exit=0), tmp_path).error


def test_what_is_printed_of_an_answer_is_plain_and_what_is_code_is_known(tmp_path):
    report = REPORT | {
        "outputs": [TENSOR | {"name": "\x1b[31mred", "dtype": "\x07"}],
        "explained": {"mse": "__import__('os')", "evil": "code"},
        "versions": {"tensorflow": "2.21\x1b[0m", "keras": "3.15.1", "other": "1"},
    }
    leave(tmp_path, report)
    restored = read_restored(StepEnd(exit=0), tmp_path)
    assert (restored.outputs[0].name, restored.outputs[0].dtype) == ("\\x1b[31mred", "\\x07")
    assert restored.explained == {"mse": "mean_squared_error"}
    assert restored.versions == {"tensorflow": None, "keras": "3.15.1"}
    error = {"type": "Value\x1bError", "message": "\x1b[1mfirst\x1b[0m\n\x1b[2Jsecond"}
    leave(tmp_path, REPORT | {"error": error})
    restored = read_restored(StepEnd(exit=0), tmp_path)
    assert restored.error == "Value\\x1bError: first \\x1b[2Jsecond"


def test_an_error_with_the_longest_of_paths_is_told_as_it_is():
    said = f"ValueError: /{'a' * 300}/b"
    assert hide_folders(said, read_origin(ARCHIVE), "/tmp/copy/model.keras") == said


def run_program(folder, program, limits):
    """Run a step whose interpreter is a shell program in the place of Python."""
    (folder / "python").write_text(f"#!/bin/sh\n{program}\n")
    (folder / "python").chmod(0o755)
    step = ModelStep(folder=str(folder), model="model.keras", **MODEL_STEP)
    return SpawnWorker(Environment(str(folder / "python")), folder, bare=True).run(step, limits)


needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")


@needs_shell
def test_a_step_that_fills_the_disk_is_stopped(tmp_path):
    program = "touch ../begun; head -c 60000000 /dev/zero > big; sleep 600"
    end = run_program(tmp_path, program, Limits(disk_bytes=20_000_000))
    assert end.stopped_for == "disk"
    restored = read_restored(end, tmp_path)
    assert restored.error == "disk: stopped because the disk filled up while it ran"


def test_too_many_threads_are_an_excess(tmp_path):
    assert find_excess(os.getpid(), str(tmp_path), Limits(threads=0))() == "threads"
    assert find_excess(os.getpid(), str(tmp_path), Limits(threads=10_000))() is None


@needs_shell
def test_the_process_gets_none_of_the_users_variables_and_another_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    run_program(tmp_path, "env > ../variables", Limits())
    found = dict(line.split("=", 1) for line in (tmp_path / "variables").read_text().splitlines())
    assert not {"SOME_TOKEN", "PYTHONPATH"} & set(found)
    assert found["HOME"] == str(tmp_path / "home")
    assert found["TMPDIR"] == str(tmp_path / "scratch")
    assert found["KERAS_HOME"].startswith(str(tmp_path))


def test_what_the_interpreter_needs_is_kept(tmp_path):
    kept = keep_needed({"PATH": "/bin", "LC_ALL": "C", "AWS_SECRET_ACCESS_KEY": "x"}, tmp_path)
    assert (kept["PATH"], kept["LC_ALL"]) == ("/bin", "C")
    assert "AWS_SECRET_ACCESS_KEY" not in kept


@needs_shell
def test_an_interpreter_that_cannot_be_caged_is_an_error_and_never_restores_freely(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("harness.origin.restore.find_obstacle", lambda: "")
    (tmp_path / "python").write_text("#!/bin/sh\necho CageFailed: no Landlock\nexit 72\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(EnvironmentUnusable, match="cannot be shut in a cage") as refused:
        restore_model(
            Environment(str(tmp_path / "python")), read_origin(ARCHIVE), tmp_path / "work"
        )
    assert refused.value.found == "CageFailed: no Landlock"
