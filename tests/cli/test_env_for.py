"""`env for` as a user types it: names, evidence, refusals. No environment is built here."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from harness.catalog.load import PACKAGED
from tests.conftest import REPOSITORY

ARTIFACTS = PACKAGED / "version" / "artifacts"
OLD = ARTIFACTS / "initializer_dtype_from_tf1"
LAMBDA = ARTIFACTS / "lambda_other_python/artifact/model.h5"
WEIGHTS = ARTIFACTS / "gru_reset_after_tf1/artifact/weights.h5"
CHECKPOINT = ARTIFACTS / "checkpoint_across_keras/artifact/ckpt-1"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (OLD, "HDF5 model, for release 1.15"),
        (ARTIFACTS / "savedmodel_folder_keras3", "SavedModel, for release 2.10"),
        (ARTIFACTS / "custom_gradient_warning", "SavedModel, for release 2.4"),
        (
            ARTIFACTS / "functional_archive_module/artifact/model.keras",
            "Keras archive (.keras), for release 2.15",
        ),
        (
            ARTIFACTS / "newer_keras_file",
            "Keras archive (.keras), for release 2.21 with keras==3.15.1",
        ),
        (ARTIFACTS / "keras_name_hdf5_inside/artifact/model.keras", "HDF5 model, for release 2.12"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_it_names_the_release_and_what_told_it(cli, path, said):
    ended = cli("env", "for", path, "--no-restore")
    ended.assert_ran(0)
    assert said in ended.stdout.splitlines()[0]
    assert "version: " in ended.stdout
    assert ended.stdout.splitlines()[-1] == f"Next: python -m harness env for {path}"


def test_nothing_is_built_where_a_file_holds_no_model(cli, tmp_path):
    for path, call in (
        (WEIGHTS, f"model.load_weights('{WEIGHTS}')"),
        (CHECKPOINT, "tf.train.Checkpoint(model=model).read"),
    ):
        ended = cli("env", "for", path)
        ended.assert_ran(0)
        assert "Build the model in that release" in ended.stdout
        assert call in ended.stdout
        assert ended.stdout.splitlines()[-1].startswith("Next: python -m harness env add ")
    assert not (tmp_path / "environments").exists()


def test_a_file_whose_loading_runs_code_is_not_restored_unless_trusted(cli, tmp_path):
    ended = cli("env", "for", LAMBDA)
    ended.assert_refused(2, "was not restored", "CVE-2024-3660", f"{LAMBDA} --trust")
    assert "HDF5 model, for release 2.4 (or 2.3)" in ended.stdout
    assert not (tmp_path / "environments").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--release", "2.99"], ["unknown release: 2.99"]),
        (["--reader", "two"], ["unknown release: two"]),
        (["--reader", "./no-python"], ["not an interpreter", "there is no such file"]),
        (["--release", "."], ["unknown release: ."]),
        (["--code", "none.py"], ["there is no file none.py"]),
        (["--inputs", "none.npy"], ["none.npy holds no readable arrays", "--inputs needs a .npy"]),
        (["--expected", "none.npy"], ["--expected needs --inputs"]),
    ],
    ids=lambda value: value[0],
)
def test_a_wrong_option_is_refused_before_anything_is_done(cli, options, words):
    ended = cli("env", "for", OLD, *options)
    ended.assert_refused(2, *words)
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("source", "named", "said"),
    [
        (OLD / "artifact/model.h5", "model.keras", "expects .h5: rename it to model.h5"),
        (
            ARTIFACTS / "functional_archive_module/artifact/model.keras",
            "old.h5",
            "expects .keras: rename it to old.keras",
        ),
    ],
)
def test_a_suffix_that_keras_3_does_not_expect_is_told(cli, tmp_path, source, named, said):
    shutil.copy(source, tmp_path / named)
    ended = cli("env", "for", named, "--no-restore")
    ended.assert_ran(0)
    assert said in ended.stdout
    assert "rename" not in cli("env", "for", source, "--no-restore").stdout


@pytest.mark.parametrize("option", [["--reader", "2.21"], ["--trust"], ["--release", "2.15"]])
def test_an_option_for_restoring_is_refused_where_nothing_is_restored(cli, option):
    ended = cli("env", "for", OLD, "--no-restore", *option)
    ended.assert_refused(2, f"{option[0]} is for restoring", "--no-restore")


def test_what_is_no_model_is_refused_with_what_it_is(cli, tmp_path):
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    (tmp_path / "cut.h5").write_bytes((OLD / "artifact/model.h5").read_bytes()[:3000])
    os.mkfifo(tmp_path / "pipe")
    cli("env", "for", "notes.zip").assert_refused(2, "there is no readable model", "holds a.txt")
    cli("env", "for", "cut.h5").assert_refused(2, "there is no readable model", "is cut off")
    cli("env", "for", "pipe").assert_refused(2, "is not a regular file")
    cli("env", "for", "nowhere.keras").assert_refused(2, "does not exist")
    cli("env", "for", ".").assert_refused(2, "there is no readable model", "is cut off")
    (tmp_path / "cut.h5").unlink()
    cli("env", "for", ".").assert_refused(2, "holds no model")
    shutil.copytree(ARTIFACTS / "hard_sigmoid_redefined", tmp_path / "several")
    cli("env", "for", "several").assert_refused(2, "holds 3 models")


def test_code_beside_the_model_is_not_run_by_naming_it(cli, tmp_path):
    (tmp_path / "json.py").write_text("open('ran', 'w')")
    shutil.copy(OLD / "artifact/model.h5", tmp_path / "model.h5")
    cli("env", "for", "model.h5", "--no-restore", PYTHONSAFEPATH="1").assert_ran(0)
    assert not (tmp_path / "ran").exists()


def test_an_environment_that_cannot_be_built_is_exit_code_3_and_keeps_the_answer(cli, tmp_path):
    (tmp_path / "environments").write_text("a file where a folder should be")
    ended = cli("env", "for", OLD)
    ended.assert_refused(3, "1.15")
    assert "HDF5 model, for release 1.15" in ended.stdout


WITHOUT_CAGE = """
import sys
import harness.processes.cage
harness.processes.cage.find_obstacle = lambda: "Landlock and seccomp are there on Linux only"
from harness.cli import main
sys.exit(main())
"""


def test_without_a_cage_the_answer_stays_static_and_says_why(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CAGE, "env", "for", str(OLD)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "HDF5 model, for release 1.15" in lines[0]
    assert "Landlock and seccomp are there on Linux only." in " ".join(lines[-5:])
    assert lines[-1].startswith("Next: ")
    assert lines[-1].endswith(f"env for {OLD} --trust")
