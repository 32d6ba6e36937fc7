"""Who wrote a saved model: committed files of many releases, and files that want to do harm."""

import dataclasses
import json
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.catalog.load import PACKAGED
from harness.environments.releases import find_release
from harness.errors import UsageError
from harness.formats.archive import open_in_zip
from harness.formats.facts import CHECKPOINT, KERAS_ARCHIVE, KERAS_FOLDER, Facts, Unreadable, plain
from harness.formats.recognize import read_facts
from harness.origin.answer import ModelOutput
from harness.origin.likely_releases import choose_by_keras, choose_by_tensorflow, choose_releases
from harness.origin.model_copy import copy_model
from harness.origin.predictions import describe_predictions, find_kind
from harness.origin.restore import RestoredModel, compare_expected, compare_restored, find_innermost
from harness.origin.who_wrote import read_origin
from harness.report.model_file import describe_origin

ARTIFACTS = PACKAGED / "version" / "artifacts"
FILES = {
    f"{folder.name}/{each.name}": each
    for folder in sorted(ARTIFACTS.iterdir())
    for each in sorted((folder / "artifact").iterdir())
    if each.suffix in (".h5", ".keras", ".index") or each.is_dir()
}
LAMBDA = ARTIFACTS / "lambda_other_python/artifact/model.h5"
ARCHIVE = ARTIFACTS / "newer_keras_file/artifact/model.keras"
HDF5 = ARTIFACTS / "groups_keyword/artifact/model.h5"
SAVED = ARTIFACTS / "savedmodel_folder_keras3/artifact/model"
INDEX = ARTIFACTS / "checkpoint_across_keras/artifact/ckpt-1.index"
NO_VERSION = {"checkpoint_across_keras/ckpt-1.index", "weights_h5_layout_2_12/model.weights.h5"}


def writer_of(file):
    """The TensorFlow that the provenance names, such as "2.10"."""
    folder = next(each for each in file.parents if (each / "provenance.json").exists())
    version = json.loads((folder / "provenance.json").read_text())["writer"]["tensorflow"]
    return ".".join(version.split(".")[:2])


@pytest.mark.parametrize("name", FILES)
def test_every_committed_file_is_traced_to_the_release_that_wrote_it(name):
    origin = read_origin(FILES[name])
    named = [each.partition(" with ")[0] for each in origin.releases]
    assert writer_of(FILES[name]) in named
    if name not in NO_VERSION and "weights.h5" not in name:
        assert named[0] == writer_of(FILES[name])
    assert origin.evidence
    assert [find_release(release).name for release in origin.releases] == list(origin.releases)


def test_weights_that_name_no_version_are_said_to_hold_none():
    for name in NO_VERSION:
        origin = read_origin(FILES[name])
        assert (origin.keras, origin.tensorflow, origin.holds_model) == (None, None, False)
        assert "no version" in " ".join(origin.evidence)


def test_a_lambda_layer_is_a_danger_and_a_plain_model_is_none():
    assert "Lambda" in read_origin(LAMBDA).dangers[0]
    assert read_origin(HDF5).dangers == read_origin(ARCHIVE).dangers == ()


def test_a_folder_with_one_model_in_it_is_that_model_and_with_several_names_them():
    assert read_origin(HDF5.parent.parent).path == HDF5
    with pytest.raises(UsageError) as refused:
        read_origin(ARTIFACTS / "hard_sigmoid_redefined")
    assert "3 models: artifact/exported, artifact/model.h5" in refused.value.found


def test_a_checkpoint_may_be_named_by_its_prefix_its_index_or_its_data():
    prefix = INDEX.with_suffix("")
    named = [prefix, INDEX, INDEX.with_name("ckpt-1.data-00000-of-00001")]
    assert {read_origin(each).path for each in named} == {prefix}


@pytest.mark.parametrize(
    ("keras", "release"),
    [
        ("2.2.4", "1.15"),
        ("1.2.2", "1.15 with keras==1.2.2"),
        ("2.9.0", "2.9"),
        ("2.13.1", "2.13"),
        ("3.0.5", "2.16"),
        ("2.17.0", "2.17+legacy"),
        ("3.0.0", "2.16 with keras==3.0.0"),
        ("3.8.0", "2.18 with keras==3.8.0"),
        ("3.13.2", "2.21"),
        ("3.15.1", "2.21 with keras==3.15.1"),
        ("3.16.0", "2.21 with keras==3.16.0"),
        ("3.16.0.dev2026", "nightly"),
        ("nonsense", "2.15"),
    ],
)
def test_a_keras_version_leads_to_the_release_of_its_day(keras, release):
    assert choose_by_keras(keras, set())[0][0] == release


@pytest.mark.parametrize(
    ("tensorflow", "marks", "release"),
    [
        ("2.10.1", {"keras_metadata.pb"}, "2.10"),
        ("2.16.1", {"keras_metadata.pb"}, "2.16+legacy"),
        ("2.16.1", set(), "2.16"),
        ("1.12.0", set(), "1.15"),
        ("2.99.0", set(), "2.21"),
        ("2.22.0-dev20260101", set(), "nightly"),
        ("unknown", set(), "2.15"),
    ],
)
def test_a_tensorflow_version_leads_to_itself_or_the_nearest(tensorflow, marks, release):
    assert choose_by_tensorflow(tensorflow, marks)[0][0] == release


@pytest.mark.parametrize(
    ("keras", "marks", "releases"),
    [
        ("2.2.4-tf", {"initializer dtype"}, ["1.15"]),
        ("2.2.4-tf", set(), ["2.0", "1.15"]),
        ("2.2.4-tf", {"initializer without dtype"}, ["2.0"]),
        ("2.3.0-tf", {"metrics empty"}, ["2.1"]),
        ("2.3.0-tf", {"build_input_shape"}, ["2.2"]),
        ("2.3.0-tf", set(), ["2.2", "2.1"]),
        ("2.4.0", {"named functional"}, ["2.3", "2.4"]),
        ("2.4.0", {"named model"}, ["2.4", "2.3"]),
    ],
)
def test_releases_that_share_a_keras_are_told_apart_by_what_only_one_writes(keras, marks, releases):
    assert choose_by_keras(keras, marks)[0] == releases


@pytest.mark.parametrize(
    ("marks", "release"),
    [
        (["layer_with_weights", ".OPTIMIZER_SLOT"], "2.10"),
        (["layer_with_weights", "_iterations"], "2.15"),
        (["_operations"], "2.21"),
        (["_trainable_variables", "_iterations"], "2.21"),
        (["name-based"], "1.15"),
        ([], "2.21"),
    ],
)
def test_a_checkpoint_is_placed_by_how_keras_names_its_parts(marks, release):
    assert choose_releases(Facts(CHECKPOINT, "x", marks=marks))[0][0] == release


@given(
    st.text(max_size=30),
    st.booleans(),
    st.sets(
        st.sampled_from(["_iterations", "metrics null", "layer_with_weights", "keras_metadata.pb"])
    ),
)
@example("9" * 5000 + ".1", True, set())
@example("3.99999.1", False, set())
def test_whatever_version_a_file_claims_a_release_that_can_be_built_is_named(text, as_keras, marks):
    versions = {"keras": text} if as_keras else {"tensorflow": text}
    releases, _, _ = choose_releases(Facts(CHECKPOINT, "x", marks=list(marks), **versions))
    for release in releases:
        find_release(release)


def damage(data, content):
    """Cut a file short and turn some of its bits, where and how many Hypothesis decides."""
    changed = bytearray(content[: data.draw(st.integers(0, len(content)), "length")])
    for _ in range(data.draw(st.integers(0, 8), "flips") if changed else 0):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    return bytes(changed)


def read_or_refuse(path):
    """Read in this process what no C library parses; anything but facts or Unreadable raises."""
    try:
        facts = read_facts(path)
    except Unreadable as error:
        said = str(error)
    else:
        said = json.dumps([facts.evidence, facts.custom, facts.dangers])
    assert 0 < len(said) < 20_000
    assert "\n" not in said


@pytest.mark.parametrize(
    "source", [SAVED / "saved_model.pb", SAVED / "keras_metadata.pb", INDEX], ids=lambda p: p.name
)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_sentence(source, data):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(source.parent, folder / "model")
        (folder / "model" / source.name).write_bytes(damage(data, source.read_bytes()))
        read_or_refuse(folder / "model" / source.name)


@given(st.binary(max_size=400), st.sampled_from(["", "PK\x03\x04", "abcdTFL3", "{", "\x80"]))
def test_random_bytes_are_read_or_refused_in_one_sentence(content, beginning):
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "model"
        path.write_bytes(beginning.encode("latin-1") + content)
        read_or_refuse(path)


@pytest.mark.parametrize("source", [HDF5, ARCHIVE], ids=lambda path: path.name)
@settings(max_examples=15)  # a process each
@given(data=st.data())
def test_damaged_hdf5_costs_at_most_the_process_that_reads_it(source, data):
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / source.name
        path.write_bytes(damage(data, source.read_bytes()))
        try:
            said = read_origin(path).evidence
        except UsageError as error:
            said = error.found
        assert said


def refuse(path, *words):
    with pytest.raises(UsageError) as refused:
        read_origin(path)
    for word in words:
        assert word in refused.value.found


def test_what_is_no_regular_file_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.h5")
    refuse(tmp_path / "model.h5", "is not a regular file")
    refuse(Path("/dev/zero"), "is not a regular file")
    refuse(tmp_path / "none.keras", "does not exist")
    (tmp_path / "empty.keras").touch()
    refuse(tmp_path / "empty.keras", "is empty")
    refuse(tmp_path / "a\0b", "null")


def test_a_link_that_leads_out_of_a_saved_model_is_not_followed(tmp_path):
    shutil.copytree(SAVED, tmp_path / "model")
    (tmp_path / "model/saved_model.pb").unlink()
    (tmp_path / "model/saved_model.pb").symlink_to(SAVED / "saved_model.pb")
    refuse(tmp_path / "model", "is a link that leads out of its folder")


def write_archive(path, config="{}", metadata='{"keras_version": "3.15.1"}', **extra):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", metadata)
        archive.writestr("config.json", config)
        for name, content in extra.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[" * 200_000 + "]" * 200_000, "nested too deeply"),
        ("1" * 5000, "not JSON"),
        (" " * (9 << 20), "larger than 8 MiB"),
        ("{", "not JSON"),
        ("\xff", ""),
    ],
    ids=["deep", "huge number", "bomb", "cut", "latin"],
)
def test_an_archive_with_a_hostile_configuration_is_refused(tmp_path, config, words):
    refuse(write_archive(tmp_path / "model.keras", config.encode("latin-1")), words)


def test_names_from_a_file_are_printed_without_what_steers_a_terminal(tmp_path):
    layer = {"class_name": "Evil\x1b[31m\u202e" + "x" * 500, "config": {}, "module": None}
    path = write_archive(tmp_path / "model.keras", json.dumps(layer))
    (line,) = [each for each in describe_origin(read_origin(path), path) if "Evil" in each]
    assert line.endswith(plain(layer["class_name"]))
    assert "Evil\\x1b[31m\\x202e" in line
    assert len(line) <= 130
    assert plain("\n\u2028") == "\\x0a\\x2028"


@pytest.mark.parametrize(
    ("layer", "word"),
    [
        ({"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}, "Lambda"),
        (
            {
                "class_name": "TimeDistributed",
                "config": {
                    "layer": {
                        "class_name": "Lambda",
                        "config": {"function": ["4wEAAAA=", None, None]},
                    }
                },
            },
            "Lambda",
        ),
        ({"class_name": "TFSMLayer", "module": "keras.layers", "config": {}}, "TFSMLayer"),
        ({"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": {}}, "Torch"),
        ({"class_name": "function", "module": "os", "config": "system"}, "os.system"),
        ({"class_name": "function", "module": "builtins", "config": "eval"}, "builtins.eval"),
        ({"class_name": "function", "module": "keras.utils", "config": "get_file"}, "get_file"),
        ({"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}, "/etc/passwd"),
        ({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}, "io.write_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_would_run_code_when_loaded_is_named(tmp_path, layer, word):
    config = {"class_name": "Sequential", "config": {"layers": [layer]}}
    path = write_archive(tmp_path / "model.keras", json.dumps(config))
    assert word in read_origin(path).dangers[0]


def test_an_unpacked_archive_is_packed_and_a_file_without_its_suffix_gets_it(tmp_path):
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path / "unpacked")
    origin = read_origin(tmp_path / "unpacked")
    assert (origin.format, origin.releases) == (KERAS_FOLDER, read_origin(ARCHIVE).releases)
    (tmp_path / "work").mkdir()
    assert read_origin(copy_model(origin, tmp_path / "work")).format == KERAS_ARCHIVE
    shutil.copy(HDF5, tmp_path / "model.bin")
    copied = copy_model(read_origin(tmp_path / "model.bin"), tmp_path / "work")
    assert (copied.suffix, copied.read_bytes()) == (".h5", HDF5.read_bytes())


def test_a_model_is_copied_whole_and_what_leads_out_of_its_folder_is_not(tmp_path):
    model = tmp_path / "model"
    shutil.copytree(SAVED, model)
    (tmp_path / "first").mkdir()
    copied = copy_model(read_origin(model), tmp_path / "first")
    assert read_leaves(copied) == read_leaves(model)
    data = model / "variables/variables.data-00000-of-00001"
    shutil.move(data, tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    origin = dataclasses.replace(read_origin(SAVED), path=model)
    (tmp_path / "second").mkdir()
    with pytest.raises(UsageError, match="cannot be copied") as refused:
        copy_model(origin, tmp_path / "second")
    assert "leads out of its folder" in refused.value.found
    (tmp_path / "third").mkdir()
    trusted = copy_model(origin, tmp_path / "third", trusted=True)
    assert read_leaves(trusted) == read_leaves(model)
    data.unlink()
    os.mkfifo(data)
    (tmp_path / "fourth").mkdir()
    with pytest.raises(UsageError) as refused:
        copy_model(origin, tmp_path / "fourth", trusted=True)
    assert "not a regular file" in refused.value.found


def read_leaves(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_members_that_leave_the_folder_and_archives_that_explode_are_dangers(tmp_path):
    path = write_archive(tmp_path / "model.keras", **{"../../evil": "x"})
    assert "would be unpacked outside the target folder" in read_origin(path).dangers[0]
    bomb = write_archive(tmp_path / "bomb.keras", assets=b"\0" * ((1 << 30) + 1))
    assert "unpack to 1.0 GiB" in read_origin(bomb).dangers[0]
    refuse(write_archive(tmp_path / "odd.keras", metadata="[]"), "names no keras_version")


def test_hdf5_that_points_into_other_files_or_declares_too_much_is_a_danger(tmp_path):
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.10.0"
        file["outside"] = h5py.ExternalLink("/etc/passwd", "/")
        file.create_dataset("raw", (4,), "u1", external=[("/etc/passwd", 0, 4)])
        file.create_dataset("huge", (1 << 40,), "f4", chunks=(1024,))
        file["cycle"] = file["/"]
    dangers = " ".join(read_origin(path).dangers)
    assert "leads into the file /etc/passwd" in dangers
    assert "its array raw is stored in another file" in dangers
    assert "4096.0 GiB of arrays" in dangers


def test_weights_inside_an_archive_are_looked_into_as_well(tmp_path):
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    weights = (tmp_path / "model.weights.h5").read_bytes()
    path = write_archive(tmp_path / "model.keras", **{"model.weights.h5": weights})
    assert "leads into the file /etc/passwd" in read_origin(path).dangers[0]


def test_weights_in_an_archive_are_read_in_place(tmp_path):
    """zipfile reads a member anew for each step back; a healthy EfficientNet took more than 2 s."""
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        for number in range(500):
            file.create_dataset(f"layers/dense_{number}/vars/0", data=np.zeros(5000, "f4"))
    weights = (tmp_path / "model.weights.h5").read_bytes()
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.6.0"}')
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", weights)
    with zipfile.ZipFile(path) as archive:
        stream = open_in_zip(archive, "model.weights.h5")
        assert stream.seek(0, os.SEEK_END) == len(weights)
        assert stream.read(5) == b""
        stream.seek(-7, os.SEEK_END)
        assert stream.read(99) == weights[-7:]
        before = archive.fp.tell()
        stream.seek(0)
        assert stream.read(8) == weights[:8]
        assert archive.fp.tell() < before  # it went there, and read no member anew
    assert "layers/vars" in read_facts(path).marks


def tag(number, content):
    """A field of a Protocol Buffers message: bytes, of less than 128."""
    return bytes([number << 3 | 2, len(content)]) + content


def test_a_graph_that_reaches_files_or_python_is_a_danger_wherever_its_op_stands(tmp_path):
    node = tag(2, b"EagerPyFunc")  # NodeDef.op
    for graph in (tag(1, node), tag(2, tag(1, tag(3, node)))):  # the graph, and a function of it
        meta = tag(1, tag(5, b"2.10.0")) + tag(2, graph)
        (tmp_path / "saved_model.pb").write_bytes(tag(2, meta))
        origin = read_origin(tmp_path)
        assert origin.releases == ("2.10",)
        assert "the op EagerPyFunc" in origin.dangers[0]


def test_hdf5_and_zip_files_that_keras_did_not_write_are_refused(tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["table"] = np.arange(3)
    refuse(tmp_path / "data.h5", "not one that Keras wrote")
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    refuse(tmp_path / "notes.zip", "not a Keras archive: it holds a.txt")
    (tmp_path / "weights.pkl").write_bytes(b"\x80\x04K\x01.")
    refuse(tmp_path / "weights.pkl", "looks like a pickle")


def test_predictions_are_called_what_they_are():
    row = np.arange(6.0).reshape(3, 2)
    assert find_kind(row) == "varies"
    assert find_kind(row * 0) == "zeros"
    assert find_kind(row * 0 + 5) == "constant"
    assert find_kind(np.where(row == 2, np.nan, row)) == "nan"
    assert find_kind(np.array(["a", "b"])) == "varies"
    assert [find_kind(np.array(each)) for each in (5.0, 0.0, np.nan)] == ["varies", "zeros", "nan"]
    assert describe_predictions(-(row * 0)) == "min 0, mean 0, max 0, 100 % zeros"


def test_of_a_nested_error_the_innermost_is_shown():
    nested = "F could not be built.\n\nconfig={...}.\n\nException encountered: Could not locate X."
    assert find_innermost(f"{nested} Full object config: {{'a': 1}}") == "Could not locate X."
    assert len(find_innermost("word " * 1000)) < 260


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("shape", [(16, 1), (16,)])
def test_expected_predictions_may_be_kept_with_more_digits_and_as_a_row(dtype, shape):
    column = np.linspace(-1, 1, 16, dtype=np.float32)[:, np.newaxis]
    outputs = [ModelOutput(name="out", shape=[None, 1], dtype="float32")]
    rounded = RestoredModel(outputs=outputs, predictions=[column + np.float32(2e-5)])
    kept = column.astype(dtype).reshape(shape)
    assert compare_expected(rounded, {"": kept})[0]
    assert not compare_expected(rounded, {"": kept + 1})[0]
    assert not compare_expected(rounded, {"": kept[:8]})[0]


def test_expected_labels_may_be_kept_as_integers():
    ones = np.array([[0.0], [1.0]], np.float32)
    outputs = [ModelOutput(name="out", shape=[None, 1], dtype="float32")]
    restored = RestoredModel(outputs=outputs, predictions=[ones + np.float32(1e-7)])
    assert compare_expected(restored, {"": np.array([0, 1])})[0]
    assert not compare_expected(restored, {"": np.array([1, 0])})[0]


def test_two_restores_agree_only_where_every_value_does():
    def restored(*arrays):
        return RestoredModel(predictions=list(arrays))

    row = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert compare_restored(restored(row), restored(row * (1 + 1e-6)))[0]
    assert not compare_restored(restored(row), restored(row + 1))[0]
    assert not compare_restored(restored(row), restored(row[:2]))[0]
    assert not compare_restored(restored(row), restored(row, row))[0]
    assert not compare_restored(restored(row), restored(np.where(row == 2, np.nan, row)))[0]
    infinite, missing = np.where(row == 2, np.inf, row), np.where(row == 2, np.nan, row)
    assert not compare_restored(restored(infinite), restored(missing))[0]
    assert compare_restored(restored(infinite), restored(infinite))[0]
    whole, words = row + 1j, row.astype(str)
    assert "complex64" in compare_restored(restored(whole), restored(whole * 2))[1]
    assert "words" in compare_restored(restored(words), restored(words[::-1]))[1]
    offset = np.linspace(1000, 1001, 16, dtype=np.float32)[:, np.newaxis]
    assert not compare_restored(restored(offset + np.float32(0.09)), restored(offset))[0]
