"""Restoring a file in a process of its own: real models, this environment's TensorFlow."""

import os
import subprocess
import sys

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.origin.restore import restore_model
from harness.origin.who_wrote import read_origin
from harness.processes.variables import Environment

pytestmark = pytest.mark.tensorflow

ARTIFACTS = PACKAGED / "version" / "artifacts"
BUILD = """
import tensorflow as tf

class Scale(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs * 3.0
"""
SAVE = """
inputs = tf.keras.Input((4,))
scaled = tf.keras.Model(inputs, tf.keras.layers.Dense(2)(Scale()(inputs)))
scaled.save("scaled.keras")
words = tf.keras.Input((3,))
vectors = tf.keras.layers.Flatten()(tf.keras.layers.Embedding(5, 2)(words))
number = tf.keras.Input((2,))
joined = tf.keras.layers.Concatenate()([vectors, number])
tf.keras.Model([words, number], tf.keras.layers.Dense(1)(joined)).save("embedded.keras")
sizes = {"b": 1, "a": 2}
named = {name: tf.keras.layers.Dense(sizes[name], name=name)(number) for name in sizes}
tf.keras.Model(number, named).save("named.keras")
dead = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2, "relu")])
dead.layers[-1].set_weights([dead.get_weights()[0] * 0, dead.get_weights()[1] - 1])
dead.save("dead.keras")
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with three models that another process has built and saved."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "layers.py").write_text(BUILD)
    (folder / "save.py").write_text(BUILD + SAVE)
    done = subprocess.run(
        [sys.executable, "save.py"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def restore(path, work, **options):
    return restore_model(Environment(portable_kernels=True), read_origin(path), work, **options)


@pytest.mark.parametrize(
    "name", ["newer_keras_file/artifact/model.keras", "keras3_file_in_keras2/artifact/exported"]
)
def test_the_writers_own_inputs_give_the_writers_own_predictions(name, tmp_path):
    """Not merely that something comes back: it is what the live model said before it was saved."""
    path = ARTIFACTS / name
    first = restore(path, tmp_path / "first")
    assert first.is_sound(), first.error
    folder = path.parent.parent
    with np.load(folder / "reference.npz") as reference:
        inputs, wanted = {first.inputs[0].name: reference["inputs"]}, reference["predictions"]
    again = restore(path, tmp_path / "again", inputs=inputs)
    np.testing.assert_allclose(again.predictions[0], wanted, rtol=1e-4, atol=1e-5)


def test_a_custom_layer_is_found_in_the_code_that_is_given_and_only_there(models, tmp_path):
    path = models / "scaled.keras"
    assert read_origin(path).custom == ("Scale",)
    assert "Scale" in restore(path, tmp_path / "without").error
    assert restore(path, tmp_path / "with", code=models / "layers.py").is_sound()


def test_an_embedding_gets_indices_and_its_neighbour_gets_numbers(models, tmp_path):
    restored = restore(models / "embedded.keras", tmp_path / "work")
    assert restored.is_sound(), restored.error
    assert sorted(each.fed for each in restored.inputs) == [
        "integers below 5",
        "standard normal",
    ]


def test_outputs_with_names_are_shown_under_their_own(models, tmp_path):
    restored = restore(models / "named.keras", tmp_path / "work")
    shown = [(each.name, each.shape) for each in restored.outputs]
    assert shown == [("a", [16, 2]), ("b", [16, 1])]


def test_a_model_that_predicts_zeros_where_it_was_written_is_not_called_sound(models, tmp_path):
    restored = restore(models / "dead.keras", tmp_path / "work")
    assert (restored.error, restored.findings()) == ("", ["zeros"])
    assert not restored.is_sound()


def test_a_process_that_dies_while_loading_is_an_error_like_any_other(models, tmp_path):
    (tmp_path / "layers.py").write_text("import os\nos._exit(9)")
    restored = restore(models / "dead.keras", tmp_path / "work", code=tmp_path / "layers.py")
    assert restored.error == "exit: left with exit code 9"
    assert restored.predictions == []
