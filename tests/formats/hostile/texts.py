"""JSON that is large, deep or slow, and HDF5 that leads elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.formats.hostile.base import (
    ANY,
    ESCAPE,
    PLAIN,
    REFUSED,
    UNSAFE,
    add,
    cut,
    dense,
    function,
    keras_h5,
    keras_zip,
    layer,
    raw,
    raw_config,
)

# JSON.

DEEP = "[" * 100_000 + "]" * 100_000
for name, text in {
    "deep": DEEP,
    "deep objects": '{"a":' * 90_000 + "1" + "}" * 90_000,
    "a long number": "1" * 5000,
    "cut": "{",
    "not text": "\udcff",
    "large": " " * (9 << 20),
}.items():
    add(
        f"JSON that is {name}",
        REFUSED,
        lambda path, text=text: (
            keras_zip(path, "", {})
            if False
            else raw_config(path, text.encode("utf-8", "surrogateescape"))
        ),
    )
nesting = '{"class_name":"TFOpLambda","config":{"function":' * 300
for name, text in {
    "of many lists": "[" + "[]," * 2_000_000 + "[]]",
    "of many objects": "[" + "{}," * 2_000_000 + "{}]",
    "of many names": json.dumps([dense(activation=f"a{i}") for i in range(60_000)]),
    "of quadratic cost": nesting + json.dumps("x" * 4_000_000) + "}}" * 300,
    "of nested losses": '{"loss":' * 900 + json.dumps(["mse"] * 500_000) + "}" * 900,
    "of many dangers": json.dumps([function("os", f"s{i}") for i in range(60_000)]),
    "of long names": json.dumps(layer("X" * 7_000_000)),
}.items():
    add(f"JSON {name}", ANY, lambda path, text=text: raw_config(path, text.encode()))


# HDF5.


def hdf5(name: str, expected: str, fill: Callable[[Any], object]) -> None:
    """Add an .h5 model with something more in it, and a .keras file with that as its weights."""

    def make(path: Path) -> Path:
        made = keras_h5(path, PLAIN)
        with h5py.File(made, "a") as file:
            fill(file)
        return made

    def pack(path: Path) -> Path:
        return keras_zip(path, PLAIN, {"model.weights.h5": make(path).read_bytes()})

    add(f"HDF5 {name}", expected, make)
    add(f"HDF5 {name} in an archive", expected, pack)


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4,))
    file.create_virtual_dataset("v", layout)


def nest(file: Any, depth: int) -> None:
    group = file
    for _ in range(depth):
        group = group.create_group("g")


hdf5("with an external link", UNSAFE, lambda f: f.__setitem__("x", h5py.ExternalLink("/x", "/")))
hdf5(
    "with a deep external link",
    UNSAFE,
    lambda f: f.create_group("a/b/c").__setitem__("x", h5py.ExternalLink("/x", "/")),
)
hdf5(
    "with an external array",
    UNSAFE,
    lambda f: f.create_dataset("raw", (4,), "u1", external=[("/etc/hostname", 0, 4)]),
)
hdf5("with a virtual array", UNSAFE, virtual)
hdf5("with a shape bomb", UNSAFE, lambda f: f.create_dataset("b", (1 << 40,), "f4", chunks=(99,)))
hdf5(
    "with many shape bombs",
    UNSAFE,
    lambda f: [f.create_dataset(f"b{i}", (1 << 28,), "f4", chunks=(99,)) for i in range(20)],
)
hdf5("with a cycle", ANY, lambda f: f.__setitem__("cycle", f["/"]))
hdf5("with a soft link to itself", ANY, lambda f: f.__setitem__("s", h5py.SoftLink("/s")))
hdf5("that is deep", ANY, lambda f: nest(f, 2000))
hdf5("of many groups", ANY, lambda f: [f.create_group(f"g{i}") for i in range(21_000)])
hdf5("with an escape in a name", ANY, lambda f: f.create_group(ESCAPE))
hdf5(
    "with an escape in a link",
    UNSAFE,
    lambda f: f.__setitem__(ESCAPE, h5py.ExternalLink(ESCAPE, "/")),
)


def attribute(path: Path, value: Any) -> Path:
    with h5py.File(path / "model.h5", "w") as file:
        file.attrs["keras_version"] = "2.10.0"
        file.attrs["model_config"] = value
    return path / "model.h5"


def flipped(path: Path) -> Path:
    made = keras_h5(path, PLAIN)
    content = bytearray(made.read_bytes())
    for place in range(90, len(content), 101):
        content[place] ^= 0xFF
    made.write_bytes(content)
    return made


add("HDF5 whose configuration is numbers", REFUSED, lambda p: attribute(p, np.arange(9)))
add("HDF5 whose configuration is no JSON", REFUSED, lambda p: attribute(p, "{"))
add("HDF5 with flipped bits", ANY, flipped)
add("HDF5 cut short", REFUSED, lambda p: cut(keras_h5(p, PLAIN)))
add("HDF5 that is only a signature", REFUSED, lambda p: raw(p, "m.h5", b"\x89HDF\r\n\x1a\n"))
