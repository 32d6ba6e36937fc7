"""Pickles and joblib files are read as notes of what they would make; nothing of them is run."""

import io
import pickle
import pickletools
import subprocess
import sys
import time
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.formats.facts import Unreadable
from harness.formats.pickle_notes import MOST_OPCODES, Made, Pairs
from harness.formats.pickles import read_pickle

joblib = pytest.importorskip("joblib")
preprocessing = pytest.importorskip("sklearn.preprocessing")
ROWS = np.random.default_rng(0).normal([293, 1013], [8, 9], (50, 2))


class Attack:
    """A pickle of it calls os.system."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        import os

        return os.system, (f"touch {self.marker}",)


def read_bytes(raw: bytes, folder: Path) -> Any:
    """Return what the reader says of these bytes."""
    path = folder / "x.pkl"
    path.write_bytes(raw)
    return read_pickle(path)


def find_arrays(found: Any) -> dict[str, Any]:
    """Return the arrays of the scaler in a file."""
    (scaler,) = [each for each in found.objects if each.path.endswith("Scaler")]
    known = scaler.attributes.items()
    return {name: each.value for name, each in known if isinstance(each, Made)}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_protocol_gives_the_arrays_back(protocol: int, order: Any, tmp_path: Path) -> None:
    scaler = preprocessing.StandardScaler().fit(ROWS)
    scaler.scale_ = np.asarray(np.outer(ROWS[0], scaler.scale_), order=order)
    arrays = find_arrays(read_bytes(pickle.dumps(scaler, protocol), tmp_path))
    assert (arrays["mean_"] == scaler.mean_).all()
    assert (arrays["scale_"] == scaler.scale_).all()


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_joblib_files_are_read_compressed_too(compress: Any, tmp_path: Path) -> None:
    scaler = preprocessing.MinMaxScaler().fit(ROWS)
    scaler.feature_names_in_ = np.array(["air", "pressure"], dtype=object)
    joblib.dump(scaler, tmp_path / "x", compress=compress)
    arrays = find_arrays(read_pickle(tmp_path / "x"))
    assert (arrays["data_min_"] == ROWS.min(0)).all()
    assert arrays["feature_names_in_"].tolist() == ["air", "pressure"]


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_a_pickle_would_call_is_named_and_not_called(protocol: int, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    found = read_bytes(pickle.dumps(Attack(marker), protocol), tmp_path)
    assert any(name.endswith(".system") for name in found.names)
    assert not marker.exists()


def test_plain_values_come_back(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None, True, "text", b"bytes", (1, 2, 3, 4), {"b": {3}}], 1 << 90: -1}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        found = read_bytes(pickle.dumps([value, OrderedDict(a=1)], protocol), tmp_path)
        assert "collections.OrderedDict" in found.names


BOMBS = {
    "marks": b"(" * 40_000 + b"1" * 15_000 + b".",
    "opcodes": b"]" * (MOST_OPCODES + 9) + b".",
    "texts": b"\x80\x02c_codecs\nencode\nX\x00\x00\x20\x00"
    + b"a" * (2 << 20)
    + b"q\x000"
    + b"c_codecs\nencode\nh\x00\x85R" * 9000
    + b".",
    "lists": b"](" + b"X\x01\x00\x00\x00a" * 30_000 + b"e" + b"2" * 29_000 + b".",
    "no end": b"\x80\x04]",
    "no stack": b"\x80\x0400.",
    "memo": b"\x80\x04h\x07.",
    "digits": b"I" + b"9" * 100_000 + b"\n.",
    "long": b"\x8b\x00\x00\x00\x7f.",
    "persistent": b"Pid\n.",
    "extension": b"\x82\x01.",
    "nothing": b"",
    "zlib": b"\x78\x9c nothing",
    "gzip": b"\x1f\x8b\x08 nothing",
    "lz4": b"\x04\x22\x4d\x18 nothing",
    "shape": b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\x00\x00\x00dtypecnumpy"
    + b"\ndtype\nX\x02\x00\x00\x00f8\x85RX\x05\x00\x00\x00shape("
    + (b"\x8a\xff" + b"\x7f" * 255) * 30_000
    + b"tub.",
    "odd": b"S'\\q'\n.",
}


@pytest.mark.parametrize("name", BOMBS)
def test_odd_files_end_in_a_sentence_and_in_time(name: str, tmp_path: Path) -> None:
    began = time.process_time()
    said = ""
    try:
        read_bytes(BOMBS[name], tmp_path)
    except Unreadable as error:
        said = str(error)
    assert "\n" not in said
    assert time.process_time() - began < 30  # quadratic work takes minutes


def test_a_compressed_bomb_is_refused(tmp_path: Path) -> None:
    joblib.dump(np.zeros(9 << 20, "float64"), tmp_path / "x", compress=("zlib", 1))
    with pytest.raises(Unreadable, match="larger than 64 MiB"):
        read_pickle(tmp_path / "x")


@pytest.mark.parametrize(("kind", "flags"), [(b"f8", 63), (b"O8", 0)])
def test_a_type_that_joblib_reads_in_another_way_is_refused(
    kind: bytes, flags: int, tmp_path: Path
) -> None:
    made = b"cnumpy\ndtype\nX\x02\x00\x00\x00" + kind + b"\x85R"
    state = (
        b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + bytes([flags]) + b"tb"
    )
    with pytest.raises(Unreadable, match="flags of another type"):
        read_bytes(b"\x80\x02" + made + state + b".", tmp_path)


def test_a_damaged_file_is_read_or_refused_and_raises_nothing_else(tmp_path: Path) -> None:
    stream, outcomes = io.BytesIO(), Counter[str]()
    joblib.dump({"s": preprocessing.MinMaxScaler().fit(ROWS)}, stream)

    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def damage(data: Any) -> None:
        raw = bytearray(stream.getvalue())
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(raw) - 1))
            raw[place] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(1, len(raw)) | st.just(len(raw)))
        outcomes[read_or_refuse(bytes(raw[:cut]), tmp_path)] += 1

    damage()
    assert min(outcomes["read"], outcomes["refused"]) > 5


def test_any_order_of_opcodes_is_read_or_refused_and_raises_nothing_else(tmp_path: Path) -> None:
    outcomes = Counter[str]()
    codes = st.sampled_from([each.code for each in pickletools.opcodes])

    @settings(max_examples=300, deadline=None)
    @given(codes=st.lists(codes, max_size=30))
    @example(codes=["N", "."])
    def put_in_order(codes: list[str]) -> None:
        raw = "".join(codes).encode("latin-1") + b"\x01\x00\x00\x00a\n."
        outcomes[read_or_refuse(raw, tmp_path)] += 1

    put_in_order()
    assert outcomes["read"]
    assert outcomes["refused"]


def read_or_refuse(raw: bytes, folder: Path) -> str:
    """Return what became of these bytes."""
    try:
        read_bytes(raw, folder)
    except Unreadable:
        return "refused"
    return "read"


def test_a_dictionary_keeps_keys_that_python_could_not_hash() -> None:
    made = Made(None, (), Pairs([("a", 1), ([], 2)]))
    assert made.attributes == {"a": 1}


def test_reading_imports_no_pickle_and_no_joblib() -> None:
    said = "import sys, harness.formats.pickles; print('joblib' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
