"""Weights that are hostile to whoever reads their values: HDF5 arrays, checkpoints, NumPy files."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.formats.hostile.archives import pickled_npz
from tests.formats.hostile.base import (
    ANY,
    ESCAPE,
    PLAIN,
    REFUSED,
    UNSAFE,
    add,
    dense,
    keras_h5,
    keras_zip,
    layer,
    raw,
    sequential,
    tag,
    varint,
)
from tests.formats.hostile.others import block, table

HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
BIDI = "\u202eevil\u2066\u2069\x9b31m\ud800"

# Arrays of HDF5, in a legacy model and in an archive.


def arrays(name: str, fill: Callable[[Any], object], expected: str = ANY) -> None:
    """Add an .h5 model whose weights `fill` writes, and a .keras file with these weights."""

    def make(path: Path) -> Path:
        made = keras_h5(path, sequential(dense(name="d")))
        with h5py.File(made, "a") as file:
            fill(file["model_weights"].create_group("d/d"))
        return made

    def pack(path: Path) -> Path:
        stream = io.BytesIO()
        with h5py.File(stream, "w") as file:
            fill(file.create_group("layers/dense/vars"))
        return keras_zip(path, PLAIN, {"model.weights.h5": stream.getvalue()})

    add(f"weights {name}", expected, make)
    add(f"weights {name} in an archive", expected, pack)


def zeros(group: Any, numbers: int, rows: int) -> None:
    """Write zeros that compress to almost nothing, in chunks of `rows`."""
    options = {"chunks": (rows,), "compression": "gzip", "shuffle": True}
    made = group.create_dataset("0", (numbers,), "f4", **options)
    made[:] = 0.0


arrays("that are a gzip bomb", lambda group: zeros(group, 60 << 20, 1 << 20))
arrays("that are a gzip bomb of one chunk", lambda group: zeros(group, 30 << 20, 30 << 20))
arrays("of a huge chunk", lambda g: g.create_dataset("0", (1 << 30,), "f4", chunks=(1 << 29,)))
arrays("of no rows", lambda group: group.create_dataset("0", (0, 1 << 40), "f4"))
arrays("of 32 axes", lambda group: group.create_dataset("0", (1,) * 32, "f4"))
arrays("of one number", lambda group: group.create_dataset("kernel:0", data=np.float32("nan")))
arrays("of a null", lambda group: group.create_dataset("0", data=h5py.Empty("f4")))
arrays("of long floats", lambda group: group.create_dataset("0", data=np.ones(9, np.longdouble)))
arrays("of complex numbers", lambda group: group.create_dataset("0", data=np.ones(9, "c8")))
arrays("of records", lambda group: group.create_dataset("0", data=np.ones(9, "f4,i8")))
arrays("of objects", lambda g: g.create_dataset("0", (9,), h5py.vlen_dtype(np.dtype("f4"))))
arrays("of texts", lambda g: g.create_dataset("0", data=[ESCAPE] * 9, dtype=h5py.string_dtype()))
arrays("of references", lambda group: group.create_dataset("0", data=group.ref))
arrays("of the largest numbers", lambda g: g.create_dataset("0", data=np.full(99, 3.4e38, "f4")))
arrays("with HTML in a name", lambda g: g.create_dataset(HTML.replace("/", ""), data=np.ones(9)))
arrays("of many names", lambda g: [g.create_dataset(f"a{i}", data=1.0) for i in range(9000)])


def unknown_filter(path: Path) -> Path:
    """Patch the number of the filter, so that no HDF5 has it."""
    made = keras_h5(path, sequential(dense(name="d")))
    with h5py.File(made, "a") as file:
        zeros(file["model_weights"].create_group("d/d"), 4096, 1024)
    content = made.read_bytes()
    stored = b"\x01\x00\x08\x00"  # a filter's number, and the length of its name
    assert content.count(stored + b"\x01\x00\x01\x00deflate")
    made.write_bytes(content.replace(stored + b"\x01\x00\x01\x00deflate", b"\xf0\x7f\x08\x00" * 2))
    return made


def broken_chunk(path: Path) -> Path:
    """Overwrite the compressed bytes of an array."""
    made = keras_h5(path, sequential(dense(name="d")))
    with h5py.File(made, "a") as file:
        zeros(file["model_weights"].create_group("d/d"), 4096, 4096)
        place = file["model_weights/d/d/0"].id.get_chunk_info(0).byte_offset
    content = bytearray(made.read_bytes())
    content[place : place + 8] = b"\xff" * 8
    made.write_bytes(content)
    return made


def many_layers(path: Path) -> Path:
    """As many layers as are read, and as many arrays: what is looked up for each is looked up."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", libver="latest") as file:
        for number in range(4500):
            file[f"layers/dense_{number}/vars/0"] = np.float32(0)
    config = sequential(*(dense(name=f"d{number}") for number in range(4500)))
    return keras_zip(path, config, {"model.weights.h5": stream.getvalue()})


def found_by_fuzzing(path: Path, name: str) -> Path:
    """Unpack a file that `python -m tests.formats.fuzz` found."""
    packed = Path(__file__).parents[2] / "data" / "hostile" / f"{name}.gz"
    return raw(path, name, gzip.decompress(packed.read_bytes()))


# HDF5's library never returns from reading its attribute model_config.
add("HDF5 that loops for ever", REFUSED, lambda path: found_by_fuzzing(path, "loop.h5"))
add("weights with an unknown filter", ANY, unknown_filter)
add("weights with a broken chunk", ANY, broken_chunk)
add("weights of many layers", ANY, many_layers)


# Configurations that the rules read.

DEEP: Any = 1
for _ in range(400):
    DEEP = [DEEP]
for name, config in {
    "sizes that are no numbers": layer("Dense", {"units": "many", "activation": [1]}),
    "an endless size": layer("Dense", {"units": 10**300}),
    "an infinite size": layer("Dense", {"units": float("inf"), "name": float("nan")}),
    "a name that is a list": layer("Dense", {"name": [ESCAPE], "units": 1}),
    "a name of HTML": dense(name=HTML),
    "a name of bidi marks": layer(f"Mine{BIDI}", {"name": BIDI, "units": 1}),
    "layers of numbers": layer("Sequential", {"layers": [1, None, "x", [], {}]}),
    "deep sizes": layer("Dense", {"units": DEEP, "kernel_initializer": DEEP}),
    "an initializer of lists": dense(kernel_initializer={"class_name": [], "config": []}),
    "inbound nodes of numbers": layer("Dense", {"units": 1}, inbound_nodes=[[[1, 2]], {"a": 3}]),
}.items():
    add(f"keras {name}", ANY, lambda path, config=config: keras_zip(path, sequential(config)))
add(
    "JSON with a key twice",
    ANY,
    lambda path: raw(path, "m.json", b'{"class_name":"Sequential","class_name":"X","config":{}}'),
)
add(
    "archive with no configuration",
    REFUSED,
    lambda path: zipped(path, {"metadata.json": b'{"keras_version": "3.6.0"}'}),
)
add("archive that is empty", REFUSED, lambda path: raw(path, "m.keras", b"PK\5\6" + bytes(18)))


def zipped(path: Path, members: dict[str, bytes], name: str = "model.keras") -> Path:
    with zipfile.ZipFile(path / name, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path / name


# Checkpoints: an index and its data.


def entry(key: bytes, value: bytes) -> bytes:
    return varint(0) + varint(len(key)) + varint(len(value)) + key + value


def tensor(dtype: int, shape: tuple[int, ...], at: int, size: int, crc: int = 0) -> bytes:
    """A BundleEntryProto."""
    sizes = b"".join(tag(2, b"\x08" + varint(each)) for each in shape)
    place = b"\x20" + varint(at) + b"\x28" + varint(size) + b"\x35" + struct.pack("<I", crc)
    return b"\x08" + varint(dtype) + tag(2, sizes) + place


def bundle(value: bytes, data: bytes, key: bytes = b"w/.ATTRIBUTES/VARIABLE_VALUE") -> Any:
    def write(path: Path) -> Path:
        content = table(entry(b"", b"\x08\x01") + entry(key, value))
        (path / "c.index").write_bytes(content)
        (path / "c.data-00000-of-00001").write_bytes(data)
        return path / "c.index"

    return write


def bad_magic(path: Path) -> Path:
    made = bundle(tensor(1, (4,), 0, 16), bytes(16))(path)
    made.write_bytes(made.read_bytes()[:-1] + b"\0")
    return made


for name, value in {
    "with a wrong checksum": tensor(1, (4,), 0, 16, 99),
    "with short data": tensor(1, (400,), 0, 1600),
    "of another run": tensor(1, (2, 3), 0, 24),
    "with a huge size": tensor(1, (1 << 62,), 1 << 62, 1 << 62),
    "with a shape that does not fit": tensor(1, (5, 7), 0, 16),
    "with an unknown dtype": tensor(99, (4,), 0, 16),
    "with a varint that never ends": b"\x08" + b"\xff" * 30,
    "with steps that are many": tensor(9, (2,), 0, 16),
}.items():
    key = b"optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE" if "steps" in name else b"w/.ATTRIBUTES/x"
    add(f"checkpoint {name}", ANY, bundle(value, bytes(16), key))
add("checkpoint with a bad magic number", REFUSED, bad_magic)
add(
    "checkpoint with HTML in a key",
    ANY,
    bundle(tensor(1, (4,), 0, 16), bytes(16), HTML.encode()),
)
add(
    "checkpoint whose handle is huge",
    REFUSED,
    lambda path: raw(path, "c.index", block(b"") + (b"\xff" * 9 + b"\x01") * 4 + table(b"")[-8:]),
)


# NumPy files.


def npy(header: str, content: bytes = b"") -> bytes:
    said = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(said)) + said + content


def describe(descr: str, shape: str) -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


HUGE = npy(describe("'<f4'", f"({1 << 50},)"))
for name, (expected, content) in {
    "of objects": (UNSAFE, None),
    "of a huge shape": (ANY, HUGE),
    "whose header is code": (REFUSED, npy("__import__('os').system('touch marker')")),
    "whose header is deep": (REFUSED, npy("(" * 5000 + ")" * 5000)),
    "with an escape in a field": (ANY, npy(describe(f"[({ESCAPE!r}, '<f4')]", "(1,)"))),
    "that are cut": (ANY, npy(describe("'<f4'", "(9,)"))[:30]),
}.items():
    add(
        f"NumPy arrays {name}",
        expected,
        lambda path, content=content: (
            raw(path, "w.npz", pickled_npz())
            if content is None
            else zipped(path, {"a.npy": content}, "w.npz")
        ),
    )
