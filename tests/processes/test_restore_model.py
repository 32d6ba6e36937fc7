"""Restoring a file in a process of its own: real models, this environment's TensorFlow."""

import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.environments.resolve import open_environment
from harness.errors import UsageError
from harness.origin.restore import compare_expected, restore_model
from harness.origin.who_wrote import read_origin
from harness.processes.cage import find_obstacle
from harness.processes.variables import Environment
from harness.report.model_file import describe_restored
from tests.conftest import save_models

pytestmark = pytest.mark.tensorflow
needs_cage = pytest.mark.skipif(bool(find_obstacle()), reason=find_obstacle())

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
compiled = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2)])
compiled.compile("adam", "mse")
compiled.save("compiled.h5")
signal = tf.keras.Input((None, 2))
tf.keras.Model(signal, signal[:, 40:-40]).save("cropped.keras")
long = tf.keras.layers.Conv1D(1, 100)(signal)
tf.keras.Model(signal, tf.keras.layers.GlobalMaxPooling1D()(long)).save("long.keras")
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with three models that another process has built and saved."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "layers.py").write_text(BUILD)
    return save_models(folder, BUILD + SAVE)


def restore(path, work, **options):
    options.setdefault("trusted", bool(find_obstacle()))
    return restore_model(Environment(portable_kernels=True), read_origin(path), work, **options)


@pytest.mark.parametrize(
    "name",
    [
        "newer_keras_file/artifact/model.keras",
        pytest.param("keras3_file_in_keras2/artifact/exported", marks=pytest.mark.long),
    ],
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


@pytest.mark.long
def test_a_custom_layer_is_found_in_the_code_that_is_given_and_only_there(models, tmp_path):
    path = models / "scaled.keras"
    assert read_origin(path).custom == ("Scale",)
    assert "Scale" in restore(path, tmp_path / "without").error
    assert restore(path, tmp_path / "with", code=models / "layers.py").is_sound()


@pytest.mark.long
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


@pytest.mark.long
def test_a_model_that_predicts_zeros_where_it_was_written_is_not_called_sound(models, tmp_path):
    restored = restore(models / "dead.keras", tmp_path / "work")
    assert (restored.error, restored.findings()) == ("", ["zeros"])
    assert not restored.is_sound()


@pytest.mark.long
def test_a_process_that_dies_while_loading_is_an_error_like_any_other(models, tmp_path):
    (tmp_path / "layers.py").write_text("import os\nos._exit(9)")
    restored = restore(models / "dead.keras", tmp_path / "work", code=tmp_path / "layers.py")
    assert restored.error == "exit: left with exit code 9"
    assert restored.predictions == []


def test_what_plain_load_model_says_is_told_beside_the_load_that_works(models, tmp_path):
    """Keras 3 writes the loss `mse` into an .h5 and does not find it again."""
    restored = restore(models / "compiled.h5", tmp_path / "work")
    assert restored.is_sound(), restored.error
    assert "mse' because it is not" in restored.plain_error
    lines = describe_restored(restored, "2.21", read_origin(models / "compiled.h5"), None)
    assert lines[-1].startswith("It loads with compile=False; plain load_model says ValueError: ")
    assert restore(models / "dead.keras", tmp_path / "plain").plain_error == ""


def test_inputs_that_do_not_fit_are_told_from_a_model_that_does_not_restore(models, tmp_path):
    restored = restore(models / "long.keras", tmp_path / "drawn")
    assert restored.loaded
    origin = read_origin(models / "long.keras")
    lines = describe_restored(restored, "2.21", origin, None)
    assert "the model loads; our inputs failed: " in lines[0]
    assert lines[-1] == "Give yours: --inputs FILE.npy"
    yours = {"": np.random.default_rng(1).normal(size=(3, 120, 2)).astype("float32")}
    again = restore(models / "long.keras", tmp_path / "yours", inputs=yours)
    assert again.is_sound(), again.error
    assert (again.rows, again.inputs[0].fed) == (3, "given")
    wanted = {"": again.predictions[0]}
    assert compare_expected(again, wanted)[0]
    assert not compare_expected(again, {"": wanted[""] + 1})[0]


def test_an_output_of_which_nothing_is_left_is_not_called_zeros(models, tmp_path):
    restored = restore(models / "cropped.keras", tmp_path / "work")
    assert (restored.error, restored.findings()) == ("", ["empty"])
    assert not restored.is_sound()
    lines = describe_restored(restored, "2.21", read_origin(models / "cropped.keras"), None)
    assert "--inputs FILE.npy" in lines[-1]


HOSTILE = """
import os, socket, subprocess
import tensorflow as tf
failed = []
for what, attempt in (
    ("write", lambda: open({outside!r}, "w")),
    ("read", lambda: open({secret!r})),
    ("connect", socket.socket),
    ("start", lambda: subprocess.run(["/bin/true"])),
    ("home", lambda: os.listdir({home!r})),
    ("write-op", lambda: tf.io.write_file({outside!r}, "escaped")),
    ("read-op", lambda: tf.io.read_file({secret!r})),
):
    try:
        attempt()
    except (OSError, tf.errors.PermissionDeniedError):
        failed.append(what)
assert len(os.environ["HOME"]) > 1 and not os.listdir(os.environ["HOME"])
raise RuntimeError("refused: " + " ".join(failed))
"""


@needs_cage
@pytest.mark.parametrize("trusted", [False, True])
def test_code_that_runs_while_a_model_is_restored_reaches_nothing_outside(
    trusted, models, tmp_path
):
    """`--trust` lets the file's code run, and it too runs in the cage."""
    (tmp_path / "secret").write_text("secret")
    places = {name: str(tmp_path / name) for name in ("outside", "secret")}
    code = tmp_path / "layers.py"
    code.write_text(HOSTILE.format(home=os.path.expanduser("~"), **places))
    restored = restore(models / "dead.keras", tmp_path / "work", code=code, trusted=trusted)
    refused = "write read connect start home write-op read-op"
    assert restored.error == f"your --code raised RuntimeError: refused: {refused}"
    assert not (tmp_path / "outside").exists()


@pytest.mark.long
@needs_cage
def test_the_cage_changes_no_prediction(models, tmp_path, monkeypatch):
    path = models / "embedded.keras"
    caged = restore(path, tmp_path / "caged")
    monkeypatch.setattr("harness.origin.restore.find_obstacle", lambda: "none in this test")
    free = restore(path, tmp_path / "free", trusted=True, inputs=caged.fed)
    for one, other in zip(caged.predictions, free.predictions, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(UsageError, match="this machine has no cage"):
        restore(path, tmp_path / "refused", trusted=False)


@needs_cage
@pytest.mark.releases
@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("1.15", "initializer_dtype_from_tf1/artifact/model.h5"),
        ("2.4", "custom_gradient_warning/artifact/model"),
        ("2.15", "functional_archive_module/artifact/model.keras"),
        ("2.16", "functional_archive_module/artifact/model.keras"),
        ("2.21 with keras==3.15.1", "newer_keras_file/artifact/model.keras"),
        ("2.21", "savedmodel_folder_keras3/artifact/model"),
    ],
)
def test_in_every_release_the_cage_changes_no_prediction_and_no_file(
    release, name, tmp_path, monkeypatch
):
    """2.16 has Keras 3.0.5, which opens a .keras for writing: it is the copy that it opens."""
    path = ARTIFACTS / name
    environment = replace(open_environment(release), portable_kernels=True)
    origin = read_origin(path)
    before = {each: each.stat().st_mtime_ns for each in path.parent.rglob("*")}
    caged = restore_model(environment, origin, tmp_path / "caged")
    assert caged.error == "" or release == "2.16", caged.error
    monkeypatch.setattr("harness.origin.restore.find_obstacle", lambda: "none in this test")
    free = restore_model(
        environment, origin, tmp_path / "free", trusted=True, inputs=caged.fed or None
    )
    assert caged.error == free.error
    for one, other in zip(caged.predictions, free.predictions, strict=True):
        np.testing.assert_array_equal(one, other)
    assert before == {each: each.stat().st_mtime_ns for each in path.parent.rglob("*")}


SIMPLE_SAVE = """
import sys
import tensorflow as tf
v1 = tf.compat.v1
with v1.Session() as session:
    number = v1.placeholder(tf.float32, [None, 3], name="number")
    index = v1.placeholder(tf.int32, [None], name="index")
    weights = v1.get_variable("weights", [3, 2])
    total = tf.matmul(number, weights) + tf.cast(index, tf.float32)[:, None]
    session.run(v1.global_variables_initializer())
    given = {"number": number, "index": index}
    v1.saved_model.simple_save(session, sys.argv[1], given, {"total": total})
"""


@pytest.mark.releases
def test_a_saved_model_of_tensorflow_1_without_an_object_graph_is_called_by_its_signature(tmp_path):
    writer, reader = open_environment("1.15"), open_environment("2.21")
    subprocess.run(
        [writer.interpreter, "-c", SIMPLE_SAVE, str(tmp_path / "saved")],
        check=True,
        capture_output=True,
        env=writer.variables(tmp_path / "keras-home", hide_gpu=True),
    )
    origin, trusted = read_origin(tmp_path / "saved"), bool(find_obstacle())
    there = restore_model(writer, origin, tmp_path / "there", trusted=trusted)
    assert there.error == ""
    assert sorted(each.name for each in there.inputs) == ["index", "number"]
    assert there.findings() == ["varies"]
    here = restore_model(reader, origin, tmp_path / "here", trusted=trusted, inputs=there.fed)
    np.testing.assert_allclose(here.predictions[0], there.predictions[0], rtol=1e-5)
