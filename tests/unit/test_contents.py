"""Two folders of saved models compared by what is in them: contents.py, leaves.py."""

import base64
import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from harness.formats.contents import BYTES, CONTENTS, DIFFERS, ROUNDING, compare_folders
from harness.formats.leaves import flatten_file

NUMBERS = st.floats(-1e3, 1e3, width=32)
WEIGHTS = arrays(np.float32, array_shapes(max_dims=3, max_side=4), elements=NUMBERS)
TEXTS = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)
CONFIGS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def make_hdf5(weights, config):
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file["model_weights/dense/kernel"] = weights
    return data.getvalue()


def make_archive(weights, config, year=2024, saved="2024-01-01@00:00:00"):
    data = io.BytesIO()
    members = {
        "metadata.json": json.dumps({"keras_version": "3.0.0", "date_saved": saved}),
        "config.json": json.dumps(config),
        "model.weights.h5": make_hdf5(weights, config),
    }
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return data.getvalue()


@pytest.fixture(scope="module")
def compare(tmp_path_factory):
    """Compare two files of one name, each alone in its folder."""

    def write_and_compare(name, old, new):
        root = tmp_path_factory.mktemp("folders")
        for folder, content in (("old", old), ("new", new)):
            (root / folder).mkdir()
            (root / folder / name).write_bytes(content)
        return compare_folders(root / "old", root / "new")

    return write_and_compare


@given(weights=WEIGHTS, config=CONFIGS)
def test_archives_that_differ_only_in_time_are_the_same(compare, weights, config):
    old = make_archive(weights, config)
    new = make_archive(weights, config, 2026, "2026-11-25@12:00:00")
    assert compare("model.keras", old, old).kind == BYTES
    assert compare("model.keras", old, new).kind == CONTENTS


@given(weights=WEIGHTS, data=st.data())
def test_any_weight_that_changed_is_found(compare, weights, data):
    changed = weights.copy()
    at = data.draw(st.integers(0, weights.size - 1))
    changed.flat[at] += 1 + np.abs(weights).max()
    for make, name in ((make_archive, "model.keras"), (make_hdf5, "model.h5")):
        compared = compare(name, make(weights, {}), make(changed, {}))
        assert compared.kind == DIFFERS
        assert "model_weights/dense/kernel" in compared.differences[0]


@given(config=CONFIGS, other=CONFIGS)
def test_any_key_of_a_config_that_changed_is_found(compare, config, other):
    weights = np.ones(2, np.float32)
    old, new = make_archive(weights, {"layer": config}), make_archive(weights, {"layer": other})
    same = json.dumps(config, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (compare("model.keras", old, new).kind == DIFFERS) is not same


@given(weights=arrays(np.float32, 5, elements=st.floats(1, 100, width=32)))
def test_the_last_digits_of_a_float_are_rounding(compare, weights):
    nearly = np.nextafter(weights, np.float32(np.inf))
    compared = compare("weights.h5", make_hdf5(weights, {}), make_hdf5(nearly, {}))
    assert compared.kind == ROUNDING
    assert 0 < compared.rounding < 2.5e-7


def pack(array):
    data = io.BytesIO()
    np.savez(data, predictions=array)
    return data.getvalue()


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ([1.0, np.nan], [1.0, np.nan], BYTES),
        ([1.0, np.nan], [1.0, 2.0], DIFFERS),
        ([1.0, np.inf], [1.0, -np.inf], DIFFERS),
        ([0.0, 0.0], [0.0, -0.0], ROUNDING),
        ([0.0, 0.0], [0.0, 1e-30], DIFFERS),
        ([1, 2], [1, 3], DIFFERS),
        ([1.0, 2.0], [1, 2], DIFFERS),
        ([1.0, 2.0], [[1.0, 2.0]], DIFFERS),
        ([True, False], [True, True], DIFFERS),
        ([], [], BYTES),
    ],
)
def test_arrays_are_compared_by_their_numbers(compare, old, new, kind):
    assert compare("reference.npz", pack(np.array(old)), pack(np.array(new))).kind == kind


def test_only_which_shared_objects_are_alike_counts(compare):
    def write(*identities):
        return json.dumps([{"shared_object_id": each} for each in identities]).encode()

    assert compare("config.json", write(140, 140, 7), write(9, 9, 5)).kind == CONTENTS
    assert compare("config.json", write(140, 140, 7), write(9, 5, 5)).kind == DIFFERS


def test_the_line_a_lambda_stood_on_is_no_content():
    code = b"\xe3\1code\xda\x08<lambda>%c\0\0\0\xf3\0\0\0\0"
    old, new, other = (
        dict(flatten_file("c.json", json.dumps(base64.b64encode(each).decode()).encode()))
        for each in (code % 51, code % 48, code.replace(b"code", b"cold") % 51)
    )
    assert old == new
    assert old != other


def test_a_text_that_only_begins_like_byte_code_is_compared_as_it_is(compare):
    assert compare("config.json", b'"4wheels"', b'"4wheel"').kind == DIFFERS


def test_a_checkpoints_timestamps_are_no_content(compare):
    old = b'model_checkpoint_path: "ckpt-1"\nlast_preserved_timestamp: 17.5\n'
    assert compare("checkpoint", old, old.replace(b"17.5", b"18.25")).kind == CONTENTS
    assert compare("checkpoint", old, old.replace(b"ckpt-1", b"ckpt-2")).kind == DIFFERS


def test_a_pickle_is_compared_by_its_bytes_and_never_loaded(compare):
    assert compare("scaler.joblib", b"cos\nsystem\n", b"cos\nsystem\n.").kind == DIFFERS


def test_a_file_that_only_one_folder_has_is_named(tmp_path):
    for folder, name in (("old", "a.h5"), ("new", "b.h5")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(b"x")
    compared = compare_folders(tmp_path / "old", tmp_path / "new")
    assert compared.kind == DIFFERS
    assert compared.differences == ("a.h5 is missing", "b.h5 is new")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "x.npz", "config.json", "a.pb"])
def test_a_file_that_is_garbage_differs_and_says_why(compare, name):
    compared = compare(name, b"\xff\xfe garbage", b"PK\3\4 other garbage")
    assert compared.kind == DIFFERS
    assert compared.differences
