"""One's own environment is used where it has the very versions that wrote the file."""

from pathlib import Path

import pytest

from harness.origin import own_release
from harness.origin.own_release import is_own_release
from harness.origin.who_wrote import Origin


@pytest.fixture(autouse=True)
def own(monkeypatch):
    """This Python has TensorFlow 2.21.0 and Keras 3.15.1."""
    installed = {"tensorflow-cpu": "2.21.0", "keras": "3.15.1"}
    monkeypatch.setattr(own_release, "find_version", installed.get)
    monkeypatch.setattr(own_release, "has_own_tensorflow", lambda: True)
    monkeypatch.delenv("TF_USE_LEGACY_KERAS", raising=False)


def origin(keras=None, tensorflow=None, span=""):
    return Origin("x", Path("m"), keras, tensorflow, (), (), (), (), span=span)


@pytest.mark.parametrize(
    ("keras", "tensorflow", "release", "own"),
    [
        ("3.15.1", None, "2.21 with keras==3.15.1", True),
        (None, "2.21.0", "2.21", True),
        ("3.13.2", None, "2.21", False),
        ("3.15.1", "2.21.1", "2.21", False),
        ("3.15.1", None, "2.20 with keras==3.15.1", False),
        (None, "2.16.1", "2.16+legacy", False),
        (None, None, "2.21", False),
    ],
)
def test_both_versions_and_the_release_must_be_those_of_the_file(keras, tensorflow, release, own):
    assert is_own_release(origin(keras, tensorflow), release) is own


def test_a_range_another_keras_and_a_python_without_tensorflow_are_not_the_writer(monkeypatch):
    assert not is_own_release(origin("3.15.1", span="2.16 to 2.21"), "2.21")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    assert not is_own_release(origin("3.15.1"), "2.21")
    monkeypatch.delenv("TF_USE_LEGACY_KERAS")
    monkeypatch.setattr(own_release, "has_own_tensorflow", lambda: False)
    assert not is_own_release(origin("3.15.1"), "2.21")
