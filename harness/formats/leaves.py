"""Split a model file into leaves, each an address and a value, so that files can be compared.

A leaf is a weight, an attribute, a key of a config. Nothing is executed or unpickled: a pickle is
one leaf, its bytes. Left out is

- the time: `date_saved` of a `.keras` file, the times of a zip's members and of HDF5's objects, the
  timestamps of `checkpoint`;
- `shared_object_id`, which Keras takes from id(): only which ones are alike counts;
- the line a lambda stood on, which its byte code holds;
- the order of repeated fields in a protocol buffer (wire.py says why), and of the variables that
  Keras 3's `export` takes from a set (`_all_variables`, and the operations that save and restore
  them);
- `fingerprint.pb`: hashes of its neighbours and a random number
  (tensorflow/core/protobuf/fingerprint.proto).
"""

import base64
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.formats.facts import Unreadable
from harness.formats.tensorbundle import read_bundle
from harness.formats.wire import collect_fields

Leaf = tuple[str, Any]  # address, and an array, text, number or bytes

TIMES = ("date_saved", "timestamp")  # keys and lines that only say when
DATA = ".data-00000-of-00001"  # of a tensor bundle, beside its .index
SLOT = re.compile(rb"^(assignvariableop|read)_\d+_")  # the n-th variable's
LINE = re.compile(rb"(?<=<lambda>).{4}", re.DOTALL)  # co_firstlineno follows the name
DAMAGED = (  # what zipfile, json, h5py and numpy raise for bytes they cannot read
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_leaves(name: str, path: Path) -> dict[str, Any]:
    """Return the leaves of a file called `name` by their addresses; raises Unreadable."""
    try:
        return dict(iterate_leaves(name, path))
    except DAMAGED as error:
        raise Unreadable(f"{name} cannot be read: {error}") from error


def iterate_leaves(name: str, path: Path) -> Iterator[Leaf]:
    """Yield a file's content; the two files of a checkpoint are read together."""
    index = path.with_name(path.name.removesuffix(DATA).removesuffix(".index") + ".index")
    data = index.with_suffix(DATA)
    if path in (index, data) and index.exists() and data.exists():
        if path == data:
            yield from flatten_tensors(name, read_bundle(index.read_bytes(), data.read_bytes()))
    else:
        yield from flatten_file(name, path.read_bytes())


def flatten_file(name: str, data: bytes) -> Iterator[Leaf]:
    """Yield (address, value) for everything in a file; an unknown format is one leaf, its bytes."""
    suffix = Path(name).suffix
    if suffix in (".keras", ".npz") and data[:2] == b"PK":
        yield from flatten_zip(name, data)
    elif suffix == ".npy":
        yield name, np.load(io.BytesIO(data), allow_pickle=False)
    elif suffix in (".h5", ".keras"):  # Keras 2.12 names HDF5 so too
        yield from flatten_hdf5(name, data)
    elif suffix == ".json":
        yield from flatten_json(name, json.loads(data))
    elif Path(name).name == "fingerprint.pb":
        pass
    elif suffix == ".pb":
        for path, values in collect_fields(data).items():
            named = [SLOT.sub(b"", each) if isinstance(each, bytes) else each for each in values]
            yield f"{name}#{path}", sorted(named, key=repr)
    elif Path(name).name == "checkpoint":
        lines = data.decode().splitlines()
        yield name, "\n".join(line for line in lines if not any(word in line for word in TIMES))
    else:
        yield name, data


def flatten_zip(name: str, data: bytes) -> Iterator[Leaf]:
    """Yield the content of an archive's members, without their times."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            yield from flatten_file(f"{name}/{member}", archive.read(member))


def flatten_tensors(name: str, tensors: dict[str, Any]) -> Iterator[Leaf]:
    """Yield every tensor of a checkpoint; tensors that Keras takes from a set are sorted."""
    unordered = [key for key in tensors if key.startswith("_all_variables/")]
    arrays = sorted((tensors[key] for key in unordered), key=lambda a: (a.shape, a.tobytes()))
    for index, array in enumerate(arrays):
        yield f"{name}/_all_variables/{index}", array
    for key, value in tensors.items():
        if key not in unordered:
            yield f"{name}/{key}", value


def flatten_hdf5(name: str, data: bytes) -> Iterator[Leaf]:
    """Yield every attribute, dataset and group of an HDF5 file; configs by key."""
    with h5py.File(io.BytesIO(data), "r") as file:
        items: list[tuple[str, Any]] = [("", file)]
        file.visititems(lambda path, item: items.append((f"/{path}", item)))
        for path, item in items:
            at = f"{name}{path}"
            yield (at, np.asarray(item[()])) if isinstance(item, h5py.Dataset) else (at, "group")
            for key, value in item.attrs.items():
                yield from flatten_attribute(f"{at}@{key}", value)


def flatten_attribute(address: str, value: Any) -> Iterator[Leaf]:
    """Yield an attribute; a JSON attribute such as model_config is split by its keys."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    if isinstance(text, str) and text.startswith("{"):
        yield from flatten_json(address, json.loads(text))
    else:
        yield address, text if isinstance(text, str) else np.asarray(text)


def flatten_json(address: str, value: Any, ids: dict[Any, int] | None = None) -> Iterator[Leaf]:
    """Yield every leaf of a JSON value except times.

    `ids` numbers the shared objects in the order in which they appear.
    """
    ids = {} if ids is None else ids
    if isinstance(value, dict) and value:
        for key, each in value.items():
            if key == "shared_object_id":
                yield f"{address}.{key}", ids.setdefault(each, len(ids))
            elif key not in TIMES:
                yield from flatten_json(f"{address}.{key}", each, ids)
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from flatten_json(f"{address}[{index}]", each, ids)
    else:
        yield address, forget_line(value) if isinstance(value, str) else value


def forget_line(text: str) -> str | bytes:
    """Return a lambda's byte code without its line number; return any other text unchanged."""
    if not text.startswith("4w"):  # so begins, in base64, marshalled code
        return text
    try:
        return LINE.sub(b"", base64.b64decode(text))
    except ValueError:
        return text
