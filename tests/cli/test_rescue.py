"""`rescue` as a user types it: refusals before anything is built."""

import pytest

from harness.catalog.load import PACKAGED

ARTIFACTS = PACKAGED / "version" / "artifacts"
MODEL = ARTIFACTS / "time_major_keyword/artifact/model.h5"
LAMBDA = ARTIFACTS / "lambda_other_python/artifact/model.h5"
WEIGHTS = ARTIFACTS / "gru_reset_after_tf1/artifact/weights.h5"


def test_an_unsafe_file_is_refused_with_its_reasons(call):
    call("rescue", LAMBDA).assert_refused(2, "was not rescued", "CVE-2024-3660", "--trust")


def test_weights_alone_are_no_model(call):
    call("rescue", WEIGHTS).assert_refused(2, "holds no complete model", "env for")


@pytest.mark.parametrize("release", ["2.15", "2.16+legacy", "1.15"])
def test_a_release_of_keras_2_is_no_target(release, call):
    call("rescue", MODEL, "--to", release).assert_refused(2, "has Keras 2", "use --to 2.21")


def test_a_file_that_is_there_is_never_overwritten(call, tmp_path):
    there = tmp_path / f"{MODEL.stem}-rescued.keras"
    there.write_bytes(b"mine")
    call("rescue", MODEL).assert_refused(2, "is there already", "never overwrites", "--output")
    assert there.read_bytes() == b"mine"


def test_a_folder_in_the_place_of_a_saved_model_is_refused_before_any_work(call, tmp_path):
    (tmp_path / f"{MODEL.stem}-rescued").mkdir()
    call("rescue", MODEL).assert_refused(2, "model-rescued is there already", "--output")
    assert not (tmp_path / "environments").exists()


def test_what_is_read_in_the_file_fits_80_columns_in_a_pipe(call):
    ended = call("rescue", LAMBDA)
    assert "keras_version: 2.4.0" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--output", "new.h5"], "--output new.keras"),
        (["--output", "nowhere/new.keras"], "cannot write"),
        (["--code", "absent.py"], "there is no file absent.py"),
        (["--inputs", "absent.npy"], "there is no file absent.npy"),
        (["--to", "9.99"], "9.99"),
    ],
    ids=["suffix", "folder", "code", "inputs", "release"],
)
def test_what_cannot_be_meant_is_refused_before_any_work(options, said, call, tmp_path):
    call("rescue", MODEL, *options).assert_refused(2, said)
    assert not (tmp_path / "environments").exists()
