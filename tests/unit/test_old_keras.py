"""Files of the Keras that was a package of its own: those in tests/data/old_keras, and others."""

import json
import shutil
import sys
import types
from pathlib import Path

import h5py
import numpy as np
import pytest

from harness.formats.known import FOLDER, class_names, read_list
from harness.origin.likely_releases import choose_by_keras
from harness.origin.model_copy import copy_model
from harness.origin.restore import RestoredModel
from harness.origin.who_wrote import read_origin
from harness.report.model_file import advise_without_model, spell_load
from harness.worker.old_keras import choose_keras

FILES = Path(__file__).parents[1] / "data/old_keras"
WHOLE = [FILES / "convolution1_2_2.h5", FILES / "words1_2_2.h5", FILES / "dense1_2_2_weights.h5"]
READERS = ("1.15 with keras==1.2.2", "1.15 with keras==2.3.1")


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_a_file_of_keras_1_is_a_model_for_the_keras_that_reads_it(path):
    origin = read_origin(path)
    assert (origin.releases, origin.keras, origin.span) == (READERS, "1.2.2", "")
    assert (origin.holds_model, origin.keras_alone) == (True, True)
    assert origin.dangers == origin.custom == ()


def test_weights_of_keras_1_without_their_architecture_are_known_by_their_names(tmp_path, cli):
    shutil.copy(FILES / "dense1_2_2_weights.h5", tmp_path / "weights.h5")
    origin = read_origin(tmp_path / "weights.h5")
    assert (origin.releases, origin.span) == (READERS, "Keras 1.0 to 1.2")
    assert (origin.keras, origin.holds_model) == (None, False)
    ended = cli("env", "for", tmp_path / "weights.h5")
    assert "written by one of Keras 1.0 to 1.2" in ended.stdout.splitlines()[0]
    assert "model.load_weights(" in ended.stdout
    assert ended.stdout.splitlines()[-1] == (
        "Next: python -m harness env add 1.15 --with keras==1.2.2"
    )


def test_files_of_keras_0_are_named_and_never_restored(cli):
    for name in ("dense0_3_3_weights.h5", "dense0_3_3.json"):
        origin = read_origin(FILES / name)
        assert (origin.releases, origin.span) == (("1.15 with keras==0.3.3",), "Keras 0.1 to 0.3")
        assert (origin.holds_model, origin.dangers, origin.custom) == (False, (), ())
    ended = cli("env", "for", FILES / "dense0_3_3_weights.h5")
    ended.assert_ran(0)
    assert (
        f"keras.models.model_from_json(open('{FILES / 'dense0_3_3.json'}').read())" in ended.stdout
    )
    assert "os.environ['KERAS_BACKEND'] = 'tensorflow'" in ended.stdout


@pytest.mark.parametrize(
    ("weights", "json_name", "found"),
    [
        ("a.h5", "a.json", True),
        ("a_weights.h5", "a.json", True),
        ("a.weights.h5", "a.json", True),
        ("weights.h5", "model.json", True),
        ("a.h5", "only.json", True),
        ("a.h5", "a.txt", False),
    ],
)
def test_the_architecture_beside_weights_is_found_by_its_name(tmp_path, weights, json_name, found):
    shutil.copy(FILES / "dense1_2_2_weights.h5", tmp_path / weights)
    shutil.copy(FILES / "dense1_2_2.json", tmp_path / json_name)
    expected = tmp_path / json_name if found else None
    assert read_origin(tmp_path / weights).architecture == expected


def test_json_beside_weights_that_is_no_architecture_is_left_alone(tmp_path):
    shutil.copy(FILES / "dense1_2_2_weights.h5", tmp_path / "a.h5")
    (tmp_path / "a.json").write_text('{"epochs": 3}')
    assert read_origin(tmp_path / "a.h5").architecture is None


def test_the_architecture_is_copied_beside_the_weights(tmp_path):
    copy = copy_model(read_origin(FILES / "dense1_2_2_weights.h5"), tmp_path)
    assert copy.suffix == ".h5"
    text = (tmp_path / "architecture.json").read_text()
    assert text == (FILES / "dense1_2_2.json").read_text()


def test_a_configuration_of_keras_1_is_known_by_its_keys_where_it_names_no_version(tmp_path):
    layer = {"class_name": "Convolution2D", "config": {"nb_filter": 2, "init": "he_normal"}}
    with h5py.File(tmp_path / "model.h5", "w") as file:
        config = {"class_name": "Sequential", "config": [layer]}
        file.attrs["model_config"] = json.dumps(config)
        file.create_group("model_weights").attrs["layer_names"] = np.array([], "S1")
    origin = read_origin(tmp_path / "model.h5")
    assert (origin.releases, origin.span) == (READERS, "Keras 1.0 to 1.2")


def test_a_json_text_inside_a_json_text_is_read_and_the_line_that_loads_it_is_right(tmp_path, cli):
    text = (FILES / "dense1_2_2.json").read_text()
    (tmp_path / "model.json").write_text(json.dumps(text))
    assert read_origin(tmp_path / "model.json").keras == "1.2.2"
    said = cli("env", "for", tmp_path / "model.json").stdout
    assert "it is a JSON text inside a JSON text" in said
    assert f"model_from_json(json.load(open('{tmp_path / 'model.json'}')))" in said


@pytest.mark.parametrize(
    ("version", "begin"),
    [("1.2.2", "import keras; model = keras."), ("2.1.6", "model = tf.keras.")],
)
def test_the_printed_line_imports_the_keras_that_is_in_the_release_named_beside(
    version, begin, tmp_path
):
    layer = {"class_name": "Dense", "config": {"units": 1, "batch_input_shape": [None, 2]}}
    config = {"class_name": "Sequential", "config": [layer], "keras_version": version}
    (tmp_path / "model.json").write_text(json.dumps(config))
    origin = read_origin(tmp_path / "model.json")
    assert advise_without_model(origin)[1].strip().startswith(begin)
    assert ("keras==" in origin.releases[0]) is begin.startswith("import keras")


@pytest.mark.parametrize(
    ("keras", "release"),
    [
        ("1.2.1", READERS[0]),
        ("1.0.0", READERS[0]),
        ("0.3.2", "1.15 with keras==0.3.3"),
        ("2.0.4", "1.15"),
        ("10.1", "2.21 with keras==10.1.0"),  # not a 1
    ],
)
def test_an_old_version_leads_to_the_environment_that_reads_it(keras, release):
    assert choose_by_keras(keras, set()).releases[0] == release


@pytest.mark.parametrize(
    ("installed", "taken"), [("1.2.2", True), ("2.3.1", True), ("2.4.0", False), ("3.15.1", False)]
)
def test_only_the_keras_that_was_a_package_of_its_own_is_taken_for_its_files(
    monkeypatch, installed, taken
):
    package = types.SimpleNamespace(__version__=installed)
    monkeypatch.setitem(sys.modules, "keras", package)
    tensorflow = types.SimpleNamespace(keras=object())
    chosen = choose_keras(tensorflow, {"keras_alone": True})
    assert chosen is (package if taken else tensorflow.keras)
    assert choose_keras(tensorflow, {"keras_alone": False}) is tensorflow.keras


@pytest.mark.parametrize(
    ("path", "versions", "said"),
    [
        (WHOLE[0], "1.2.2", f"import keras; model = keras.models.load_model('{WHOLE[0]}')"),
        (
            WHOLE[0],
            "2.3.1",
            f"import keras; model = keras.models.load_model('{WHOLE[0]}', compile=False)",
        ),
        (
            WHOLE[2],
            "1.2.2",
            f"import keras; model = keras.models.model_from_json("
            f"open('{FILES / 'dense1_2_2.json'}').read()); model.load_weights('{WHOLE[2]}')",
        ),
    ],
)
def test_the_line_that_loads_imports_the_keras_that_was_taken(path, versions, said):
    there = RestoredModel(versions={"tensorflow": "1.15.0", "keras": versions})
    assert spell_load(read_origin(path), there, None) == said


def test_what_old_keras_can_call_is_reserved_unless_it_is_known():
    assert {"func_load", "load_model", "Lambda"} <= read_list("old_reserved")
    assert {"Highway", "MaxoutDense", "Merge", "WeightRegularizer"} <= (
        read_list("old_names") | class_names()
    )
    assert not read_list("old_names") & read_list("old_reserved")
    for name in ("old_names", "old_reserved"):
        assert (FOLDER / f"{name}.txt").read_text().splitlines()[1].startswith("# made by: ")
