"""`env for`, whole: the release is built, an old file restored there, and here for contrast."""

import sys

import pytest

from harness.catalog.load import PACKAGED

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
        "2.21",
    )
    ended.assert_ran(0)
    assert f"Restored in {sys.executable} (TensorFlow 2.21." in ended.stdout
    assert "In 2.21 (TensorFlow 2.21." in ended.stdout
    assert "predicts the same" in ended.stdout
