"""The facts that every reader returns, and the few ways in which a reader may open a file."""

import json
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

KERAS_ARCHIVE = "Keras archive (.keras)"
KERAS_FOLDER = "Keras archive, unpacked"
HDF5_MODEL = "HDF5 model"
HDF5_WEIGHTS = "HDF5 weights"
WEIGHTS_H5 = "Keras weights (.weights.h5)"
SAVED_MODEL = "SavedModel"
CHECKPOINT = "TensorFlow checkpoint"
TFLITE = "TF-Lite model"
CONFIG_JSON = "architecture as JSON"
FROZEN_GRAPH = "frozen graph (GraphDef)"
META_GRAPH = "meta graph (.meta)"
SAVED_MODEL_TEXT = "SavedModel as text"
NUMPY_WEIGHTS = "NumPy archive (.npz)"
TFJS_LAYERS = "TensorFlow.js layers model"
TFJS_GRAPH = "TensorFlow.js graph model"

LARGEST_JSON = 8 << 20  # bytes; parsed, they take up to twenty times as much
LARGEST_SPREAD = 1 << 30  # bytes that a file a hundred times smaller may claim to hold
MOST_MEMBERS = 10_000  # files in a model's folder or archive
MODEL_SUFFIXES = {".keras", ".h5", ".hdf5", ".tflite", ".index"}
MOST_CUSTOM, LONGEST_NAME = 1000, 1000  # own classes and functions; characters of a name
MOST_NAMED = 20  # names from the file that are kept


class Unreadable(ValueError):
    """The file is damaged or has another format; the message is one sentence.

    `tip`: what to do, one line; "" where nothing is known but to name another file.
    """

    def __init__(self, message: str, tip: str = "") -> None:
        super().__init__(message)
        self.tip = tip


@dataclass
class Facts:
    """The facts that a file records. `keras`, `tensorflow`: the recorded versions, else None.

    `marks` are details that only some releases write (harness.origin lists the releases). `custom`
    are names of classes and functions that are not built into Keras. `dangers` are sentences: why
    loading runs code in the file or reads other files. `missing` are sentences: what the model
    lacks to be restored. `signatures` are those of a SavedModel, as they are shown. `architecture`
    is the path of the JSON beside a file of weights. `roots` are the keywords that a checkpoint was
    saved with. `path` is the path to give to a loader.
    `packages` are those that are known to bring some of `custom`, as pip calls them.
    Of a graph: `producer` is the number of the TensorFlow that built it, 0 where none is named;
    `inputs` and `outputs` are the first names of its tensors.
    """

    format: str
    path: str
    keras: str | None = None
    tensorflow: str | None = None
    evidence: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    custom: list[str] = field(default_factory=list)
    dangers: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    architecture: str | None = None
    roots: list[str] = field(default_factory=list)
    producer: int | None = None
    packages: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    def mark(self, name: str) -> None:
        """Record a detail once."""
        add_once(self.marks, name)


def add_custom(name: str, facts: "Facts") -> None:
    """Record a class or function of the user's, by its whole name; raises Unreadable for too many.

    The name is looked up later, so it is not cut here; it is where it is shown.
    """
    if len(name) > LONGEST_NAME:
        raise Unreadable(f"it names a class of {len(name)} characters")
    if name not in facts.custom:
        facts.custom.append(name)
    if len(facts.custom) > MOST_CUSTOM:
        raise Unreadable(f"it names more than {MOST_CUSTOM} classes and functions of its own")


def add_once(names: list[str], name: str) -> None:
    """Append `name`, unless the list already holds the name or is full."""
    if name not in names and len(names) < MOST_NAMED:
        names.append(name)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises Unreadable for anything else.

    A FIFO would wait for ever and a device may never end; so neither is read.
    """
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # Windows has the last one only
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"{plain(path.name)} cannot be opened: {reason}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable(f"{plain(path.name)} is not a regular file")
    return os.fdopen(descriptor, "rb")


def map_file(path: Path) -> memoryview:
    """Map a file into memory, so that only the needed parts are read; raises Unreadable."""
    with open_regular(path) as stream:
        try:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError as error:
            raise Unreadable(f"{plain(path.name)} is empty") from error


def open_member(folder: Path, name: str) -> BinaryIO:
    """Open a file of a model's folder; raises Unreadable for a link that leads elsewhere."""
    check_inside(folder, name)
    return open_regular(folder / name)


def check_members(folder: Path) -> None:
    """Raise Unreadable unless all below a model's folder are folders and regular files in it.

    A link may lead to another place of the folder. Nothing is opened, so nothing is waited for.
    """
    waiting, seen = [folder], 0
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_MEMBERS:
                    raise Unreadable(f"the folder holds more than {MOST_MEMBERS} files")
                name = str(Path(entry.path).relative_to(folder))
                if entry.is_symlink():
                    check_inside(folder, name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_file() and not entry.is_dir():
                    raise Unreadable(f"{plain(name)} is not a regular file")


def check_inside(folder: Path, name: str) -> None:
    """Raise Unreadable if a file of a model's folder is a link that leads out of the folder."""
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise Unreadable(f"{plain(name)} is a link that leads out of its folder")


@contextmanager
def refuse_damage(what: str) -> Iterator[None]:
    """Raise Unreadable for every exception that a library raises for damaged bytes."""
    try:
        yield
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable(f"{what} is damaged: {plain(error)}") from error


def is_bomb(claimed: int, stored: int) -> bool:
    """Return whether a few `stored` bytes claim to be far too many bytes to read."""
    return claimed > max(LARGEST_SPREAD, 100 * stored)


def read_limited(file: BinaryIO, most: int, what: str) -> bytes:
    """Return the content of `file`; raises Unreadable if it is longer than `most` bytes."""
    content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"{what} is larger than {most >> 20} MiB")
    return content


def read_json(text: bytes | str, what: str) -> Any:
    """Return the value of a JSON text; raises Unreadable if the text is not JSON."""
    if len(text) > LARGEST_JSON:
        raise Unreadable(f"{what} is larger than {LARGEST_JSON >> 20} MiB")
    try:
        value: Any = json.loads(text)
        return value
    except RecursionError as error:
        raise Unreadable(f"{what} is nested too deeply") from error
    except ValueError as error:  # also bytes that are no UTF-8, and integers of thousands of digits
        raise Unreadable(f"{what} is not JSON: {plain(str(error))}") from error


def plain(text: object, most: int = 80) -> str:
    """Return a name from a file made safe to print: short, without control characters."""
    cut = str(text)[: most + 1]
    shown = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in cut)
    return shown if len(shown) <= most else shown[: most - 3] + "..."
