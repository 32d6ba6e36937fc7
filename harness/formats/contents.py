"""Compare two folders of saved models by what is in them: some formats embed the time or an order.

A file is flattened into leaves, each an address and a value: a weight, an attribute, a key of a
config. Nothing is executed or unpickled: a pickle is compared by its bytes. Left out is

- the time: `date_saved` of a `.keras` file, the times of a zip's members and of HDF5's objects, the
  timestamps of `checkpoint`;
- `shared_object_id`, which Keras takes from id(): only which ones are alike counts;
- the line a lambda stood on, which its byte code holds;
- the order of repeated fields in a protocol buffer (tensorbundle.py says why), and of the variables
  that Keras 3's `export` takes from a set (`_all_variables`, and the operations that save and
  restore them);
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.formats.tensorbundle import collect_fields, read_bundle

BYTES, CONTENTS, ROUNDING, DIFFERS = (
    "same bytes",
    "same contents",
    "same but for rounding",
    "differs",
)
ORDER = (BYTES, CONTENTS, ROUNDING, DIFFERS)  # from best to worst
TIMES = ("date_saved", "timestamp")  # keys and lines that only say when
DATA = ".data-00000-of-00001"  # of a tensor bundle, beside its .index
SLOT = re.compile(rb"^(assignvariableop|read)_\d+_")  # the n-th variable's
LINE = re.compile(rb"(?<=<lambda>).{4}", re.DOTALL)  # co_firstlineno follows the name
ROUNDING_LIMIT = 1e-5  # of an array's largest number; 80 times what float32 can tell apart
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)

Leaf = tuple[str, Any]  # address, and an array, text, number or bytes


@dataclass(frozen=True)
class Comparison:
    """How two files or folders compare: one of ORDER, and the addresses of what differs.

    `rounding` is the largest difference between two numbers, relative to the largest number of
    their array; 0 where every number is the same.
    """

    kind: str
    differences: tuple[str, ...] = ()
    rounding: float = 0.0


def compare_folders(committed: Path, fresh: Path, ignored: tuple[str, ...] = ()) -> Comparison:
    """Compare every file below two folders but the `ignored`, by relative path."""
    old, new = list_files(committed) - {*ignored}, list_files(fresh) - {*ignored}
    lone = [f"{name} is {'missing' if name in old else 'new'}" for name in sorted(old ^ new)]
    compared = [compare_files(name, committed / name, fresh / name) for name in sorted(old & new)]
    return gather([*compared, *([Comparison(DIFFERS, tuple(lone))] if lone else [])])


def list_files(folder: Path) -> set[str]:
    """Return the relative paths of all files below `folder`."""
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def gather(comparisons: list[Comparison]) -> Comparison:
    """Return the worst of several comparisons, with all their differences, the worst first."""
    ranked = sorted(comparisons, key=lambda each: ORDER.index(each.kind), reverse=True)
    worst = ranked[0].kind if ranked else BYTES
    said = tuple(line for each in ranked for line in each.differences)
    return Comparison(worst, said, max((each.rounding for each in ranked), default=0.0))


def compare_files(name: str, old: Path, new: Path) -> Comparison:
    """Compare two files called `name`, whose suffix says how to read them."""
    if old.read_bytes() == new.read_bytes():
        return Comparison(BYTES)
    try:
        return compare_leaves(dict(read_leaves(name, old)), dict(read_leaves(name, new)))
    except UNREADABLE as error:
        return Comparison(DIFFERS, (f"{name} cannot be read: {error}",))


def read_leaves(name: str, path: Path) -> Iterator[Leaf]:
    """Yield what is in a file; checkpoints are in two of them, which are read as one."""
    index = path.with_name(path.name.removesuffix(DATA).removesuffix(".index") + ".index")
    data = index.with_suffix(DATA)
    if path in (index, data) and index.exists() and data.exists():
        if path == data:
            yield from flatten_tensors(name, read_bundle(index.read_bytes(), data.read_bytes()))
    else:
        yield from flatten(name, path.read_bytes())


def compare_leaves(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """Compare two flattened files, address by address."""
    lone = [f"{at} is {'missing' if at in old else 'new'}" for at in sorted(old.keys() ^ new)]
    shared = [compare_values(at, old[at], new[at]) for at in sorted(old.keys() & new)]
    alone = [Comparison(DIFFERS, tuple(lone))] if lone else []
    return gather([Comparison(CONTENTS), *shared, *alone])


def compare_values(address: str, old: Any, new: Any) -> Comparison:
    """Compare two leaves; numbers may differ by rounding where both are float arrays alike."""
    if not (isinstance(old, np.ndarray) and isinstance(new, np.ndarray)):
        if type(old) is type(new) and (old == new or (old != old and new != new)):
            return Comparison(CONTENTS)
        return Comparison(DIFFERS, (f"{address}: {shorten(old)} -> {shorten(new)}",))
    if old.dtype != new.dtype or old.shape != new.shape:
        shapes = f"{old.dtype} {old.shape} -> {new.dtype} {new.shape}"
        return Comparison(DIFFERS, (f"{address}: {shapes}",))
    if old.tobytes() == new.tobytes() if old.dtype != object else np.array_equal(old, new):
        return Comparison(CONTENTS)
    if old.dtype.kind != "f":
        return Comparison(DIFFERS, (f"{address}: other values",))
    return compare_floats(address, old, new)


def compare_floats(address: str, old: Any, new: Any) -> Comparison:
    """Compare two float arrays of one dtype and shape, whose bytes differ."""
    finite = np.isfinite(old)
    if not np.array_equal(old[~finite], new[~finite], equal_nan=True):
        return Comparison(DIFFERS, (f"{address}: other values that are not finite",))
    before, after = old[finite].astype(np.float64), new[finite].astype(np.float64)
    scale = np.abs(before).max(initial=0.0)
    gap = np.abs(before - after).max(initial=0.0)
    relative = float(gap / scale) if scale else float("inf") if gap else 0.0
    limit = max(ROUNDING_LIMIT, 2 * float(np.finfo(old.dtype).eps))
    kind = ROUNDING if relative <= limit else DIFFERS
    return Comparison(kind, (f"{address}: by {relative:.1e}",), relative)


def flatten(name: str, data: bytes) -> Iterator[Leaf]:
    """Yield (address, value) for everything in a file; of an unknown format, its bytes."""
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
    """Yield what the members of an archive hold; their times are no part of it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            yield from flatten(f"{name}/{member}", archive.read(member))


def flatten_tensors(name: str, tensors: dict[str, Any]) -> Iterator[Leaf]:
    """Yield every tensor of a checkpoint; those of a set in an order of their own."""
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
    """Yield an attribute; one that holds JSON, as model_config does, by its keys."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    if isinstance(text, str) and text.startswith("{"):
        yield from flatten_json(address, json.loads(text))
    else:
        yield address, text if isinstance(text, str) else np.asarray(text)


def flatten_json(address: str, value: Any, ids: dict[Any, int] | None = None) -> Iterator[Leaf]:
    """Yield every leaf of a JSON value but those that only say when.

    `ids` numbers the shared objects in the order they are met.
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
    """Return a lambda's byte code without the line it stood on; any other text as it is."""
    if not text.startswith("4w"):  # so begins, in base64, marshalled code
        return text
    try:
        return LINE.sub(b"", base64.b64decode(text))
    except ValueError:
        return text


def shorten(value: Any) -> str:
    """Return a value as it fits into a line."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
