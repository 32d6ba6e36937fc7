"""Checkpoints and SavedModels read without TensorFlow: harness/formats/tensorbundle.py."""

import contextlib
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import PACKAGED
from harness.formats.contents import CONTENTS, DIFFERS, ROUNDING, compare_folders
from harness.formats.facts import Unreadable
from harness.formats.tensorbundle import read_bundle, read_tensor

ARTIFACTS = PACKAGED / "version" / "artifacts"
CHECKPOINT = ARTIFACTS / "checkpoint_across_keras"
SAVED_MODEL = ARTIFACTS / "functional_archive_module" / "artifact" / "exported"
BUNDLES = sorted(ARTIFACTS.rglob("*.index"))
INDEX = (CHECKPOINT / "artifact" / "ckpt-1.index").read_bytes()
DATA = (CHECKPOINT / "artifact" / "ckpt-1.data-00000-of-00001").read_bytes()


def read_arrays(index):
    data = index.with_suffix(".data-00000-of-00001")
    tensors = read_bundle(index.read_bytes(), data.read_bytes())
    return [each for each in tensors.values() if isinstance(each, np.ndarray)]


@pytest.mark.parametrize("index", BUNDLES, ids=lambda path: path.relative_to(ARTIFACTS).parts[0])
def test_every_weight_of_the_writers_model_is_in_its_committed_checkpoint(index):
    folder = ARTIFACTS / index.relative_to(ARTIFACTS).parts[0]
    found = read_arrays(index)
    with np.load(folder / "reference.npz") as reference:
        weights = [reference[name] for name in reference.files if name.startswith("weight.")]
    assert found
    for weight in weights:
        assert any(np.array_equal(weight, array) for array in found)


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(CHECKPOINT, tmp_path / "copy")


@pytest.mark.parametrize(("factor", "kind"), [(2, DIFFERS), (1 + 1e-6, ROUNDING)])
def test_a_weight_of_a_checkpoint_that_changed_is_found(copy, factor, kind):
    data = copy / "artifact" / "ckpt-1.data-00000-of-00001"
    weight = max(read_arrays(copy / "artifact" / "ckpt-1.index"), key=np.size)
    changed = (weight * np.float32(factor)).astype(weight.dtype)
    data.write_bytes(DATA.replace(weight.tobytes(), changed.tobytes()))
    compared = compare_folders(CHECKPOINT, copy)
    assert compared.kind == kind
    assert "VARIABLE_VALUE" in compared.differences[0]


def test_a_saved_model_whose_fields_come_in_another_order_is_the_same(tmp_path):
    copy = shutil.copytree(SAVED_MODEL, tmp_path / "copy")
    graph = copy / "saved_model.pb"
    old = graph.read_bytes()
    assert old[:3] == b"\x08\x01\x12"  # field 1, the version, then field 2, the graph
    graph.write_bytes(old[2:] + old[:2])
    assert compare_folders(SAVED_MODEL, copy).kind == CONTENTS


def test_an_operation_of_a_saved_model_that_changed_is_found(tmp_path):
    copy = shutil.copytree(SAVED_MODEL, tmp_path / "copy")
    graph = copy / "saved_model.pb"
    graph.write_bytes(graph.read_bytes().replace(b"MatMul", b"MatSum"))
    assert compare_folders(SAVED_MODEL, copy).kind == DIFFERS


@given(at=st.integers(0, len(INDEX) - 1), byte=st.integers(0, 255))
def test_a_damaged_index_raises_nothing_but_unreadable(at, byte):
    with contextlib.suppress(Unreadable):
        assert read_bundle(INDEX[:at] + bytes([byte]) + INDEX[at + 1 :], DATA) is not None


@given(st.integers(0, len(INDEX) - 1))
def test_an_index_that_is_cut_short_is_refused(length):
    with pytest.raises(Unreadable):
        read_bundle(INDEX[:length], DATA)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            b"\x08\x01\x12\x04\x12\x02\x08\x03\x28\x08",
            "does not fit its shape",
        ),  # 3 in 8 bytes
        (
            b"\x08\x01\x12\x0f\x12\x0b\x08" + b"\xff" * 9 + b"\x01\x12\x00",
            "does not fit its shape",
        ),  # 2**64 x 0
        (b"\x08\x01\x28\x7f", "truncated"),
        (b"\x0a\x01x", "not a number"),
        (b"\x08\x07", "a number is truncated"),
    ],
)
def test_an_entry_that_does_not_fit_the_data_is_unreadable(entry, said):
    with pytest.raises(Unreadable, match=said):
        read_tensor("dense/kernel", memoryview(entry), b"\0" * 8)
