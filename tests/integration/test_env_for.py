"""`env for`, whole: the release is built, an old file restored there, and here for contrast."""

import subprocess
import sys

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.environments.resolve import open_environment
from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.tensorflow, pytest.mark.releases]

ARTIFACTS = PACKAGED / "version" / "artifacts"


def test_a_file_of_tensorflow_1_15_is_restored_where_it_was_written_and_not_here(cli):
    ended = cli("env", "for", ARTIFACTS / "initializer_dtype_from_tf1")
    ended.assert_ran(0)
    assert "Restored in 1.15 (TensorFlow 1.15." in ended.stdout
    assert "varies" in ended.stdout
    assert "In your own environment (TensorFlow 2.21." in ended.stdout
    assert "the model cannot be restored: " in ended.stdout
    last = "Next: python -m harness env requirements 1.15 > requirements-1.15.txt"
    assert ended.stdout.splitlines()[-1] == last
    again = cli("env", "for", ARTIFACTS / "initializer_dtype_from_tf1", "--reader", "1.15")
    again.assert_ran(0)
    assert "predicts the same: the largest difference is 0." in again.stdout


def test_interpreters_may_write_and_read_in_place_of_releases(cli):
    ended = cli(
        "env",
        "for",
        ARTIFACTS / "newer_keras_file",
        "--release",
        sys.executable,
        "--reader",
        "2.21 with keras==3.15.1",
    )
    ended.assert_ran(0)
    assert f"Restored in {sys.executable} (TensorFlow 2.21." in ended.stdout
    assert "In 2.21 with keras==3.15.1 (TensorFlow 2.21." in ended.stdout
    assert "predicts the same" in ended.stdout


@pytest.mark.parametrize("name", ["words1_2_2", "dense1_2_2"])
def test_files_of_keras_1_predict_what_they_did_in_the_keras_that_wrote_them(cli, tmp_path, name):
    folder = REPOSITORY / "tests/data/old_keras"
    with np.load(folder / f"{name}.npz") as arrays:
        np.save(tmp_path / "inputs.npy", arrays["inputs"])
        np.save(tmp_path / "expected.npy", arrays["predictions"])
    model = next(each for each in folder.glob(f"{name}*.h5"))
    compared = ["--inputs", tmp_path / "inputs.npy", "--expected", tmp_path / "expected.npy"]
    ended = cli("env", "for", model, *compared)
    ended.assert_ran(0)
    assert "Restored in 1.15 with keras==1.2.2 (TensorFlow 1.15.0, Keras 1.2.2)" in ended.stdout
    assert "The predictions are as expected: " in ended.stdout
    assert "import keras; model = keras.models." in ended.stdout


WRITE = """
import sys
import tensorflow as tf
tf1 = tf.compat.v1
for name in ("serving_default", "predict_images", "examples"):
    with tf.Graph().as_default(), tf1.Session() as session:
        given = x = tf1.placeholder(tf.float32, [None, 4], name="x")
        if name == "examples":  # as an Estimator's signature takes them
            given = tf1.placeholder(tf.string, [None], name="serialized")
            features = {"a": tf.io.FixedLenFeature([3], tf.float32),
                        "n": tf.io.FixedLenFeature([], tf.int64)}
            parsed = tf.io.parse_example(given, features)
            x = tf.concat([parsed["a"], tf.cast(parsed["n"], tf.float32)[:, None]], 1)
        y = tf.matmul(x, tf1.get_variable("w", [4, 2]), name="y")
        session.run(tf1.global_variables_initializer())
        call = tf1.saved_model.predict_signature_def({"x": given}, {"y": y})
        builder = tf1.saved_model.Builder(sys.argv[1] + "/" + name)
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map={name: call})
        builder.save()
"""


def test_saved_models_of_tensorflow_1_are_called_by_their_signature_there_and_here(cli, tmp_path):
    python = open_environment("1.15").interpreter
    subprocess.run([python, "-c", WRITE, tmp_path], check=True, capture_output=True)
    for name in ("serving_default", "predict_images", "examples"):
        ended = cli("env", "for", tmp_path / name)
        ended.assert_ran(0)
        assert "SavedModel, for release 1.15" in ended.stdout
        assert "is restored by its signature and predicts the same" in ended.stdout
        assert f".signatures['{name}']" in ended.stdout
    assert "in   x (None) string: tf.Examples with a, n" in ended.stdout
