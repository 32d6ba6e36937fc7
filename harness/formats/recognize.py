"""Recognize a model's format by its content, and find the model inside a folder."""

import contextlib
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from harness.formats.architecture import add_architecture, read_architecture
from harness.formats.archive import WEIGHTS, read_archive, read_unpacked
from harness.formats.checkpoint import VARIABLES, read_checkpoint
from harness.formats.facts import (
    HDF5_WEIGHTS,
    MODEL_SUFFIXES,
    WEIGHTS_H5,
    Facts,
    Unreadable,
    open_regular,
    plain,
)
from harness.formats.graph_files import is_graph, read_graph_file
from harness.formats.hdf5 import read_hdf5_file
from harness.formats.leveldb import FOOTER, is_table
from harness.formats.refusals import DOWNLOAD, TAR, TAR_PLACE, explain_refusal
from harness.formats.saved_model import PROTOBUF, read_saved_model
from harness.formats.text_files import TEXT_GRAPH, read_checkpoint_state, read_text_graph
from harness.formats.tflite import IDENTIFIER, read_tflite

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
TEXT_MODEL = "saved_model.pbtxt"
KERAS = ".keras"
MOST_LISTED, DEEPEST_FOLDER = 1000, 3  # of a folder that is searched for the one model in it


def read_facts(path: Path) -> Facts:
    """Read the model at `path`; raises Unreadable with one sentence if it is not a model."""
    if path.is_dir():
        inside = path.name == VARIABLES and (path.parent / PROTOBUF).exists()
        return read_folder(path.parent if inside else path)
    if not path.exists() and not path.is_symlink():
        index = path.with_name(path.name + ".index")
        if index.exists():  # the prefix of a checkpoint, as TensorFlow names it
            return read_checkpoint(index)
        raise Unreadable(f"{plain(path)} does not exist")
    if ".data-" in path.name:
        return read_checkpoint(path.with_name(path.name.partition(".data-")[0] + ".index"))
    if path.name == "checkpoint":
        facts = read_facts(prefix := read_checkpoint_state(path))
        facts.evidence.insert(0, f"the file checkpoint names {plain(prefix.name)} as the newest")
        return facts
    if path.name in ("saved_model.pb", "keras_metadata.pb"):
        return read_saved_model(path.parent)
    return read_file(path)


def read_file(path: Path) -> Facts:
    """Read a file by the format that its bytes show; a file of two formats is refused."""
    with open_regular(path) as stream:
        head = stream.read(4096)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - FOOTER))
        tail = stream.read(FOOTER)
        hdf5, archive = find_hdf5(stream, size), zipfile.is_zipfile(stream)
        if hdf5 and archive and path.suffix == KERAS and hdf5 == find_weights(stream):
            hdf5 = None  # every Keras reads a `.keras` as an archive
    if not size:
        raise Unreadable(f"{plain(path.name)} is empty")
    if head[TAR_PLACE:].startswith(TAR):  # what it holds may look like HDF5 after a user block
        raise explain_refusal(head, path)
    formats: dict[str, Callable[[Path], Facts]] = {}
    if hdf5 is not None:
        formats["HDF5"] = read_hdf5_file
    if archive or head.startswith(ZIP_MAGICS):
        formats["a zip archive"] = read_archive
    if head[4:8] == IDENTIFIER:
        formats["TF-Lite"] = read_tflite
    if is_table(tail):
        formats["a checkpoint's index"] = read_checkpoint
    if head.lstrip()[:1] in (b"{", b'"'):
        formats["JSON"] = read_architecture
    if not formats and TEXT_GRAPH.match(head):
        formats["a graph as text"] = read_text_graph
    elif not formats and is_graph(head, path):
        formats["a graph"] = read_graph_file
    if len(formats) > 1:
        said = " and ".join(formats)
        raise Unreadable(f"it is {said} at once, and readers differ in which of them they read")
    if head.startswith(ZIP_MAGICS) and not archive:
        raise Unreadable("it is a zip archive whose end is missing: the file is cut off", DOWNLOAD)
    if archive and not head.startswith(ZIP_MAGICS):
        raise Unreadable("it is a zip archive with other bytes before it")
    for read in formats.values():
        facts = read(path)
        if facts.format in (HDF5_WEIGHTS, WEIGHTS_H5):
            add_architecture(facts)
        return facts
    raise explain_refusal(head, path)


def find_hdf5(stream: BinaryIO, size: int) -> int | None:
    """Return where HDF5 begins: at 0, 512, 1024, 2048 and so on, as its library looks; or None."""
    place = 0
    while place < size:
        stream.seek(place)
        if stream.read(len(HDF5_MAGIC)) == HDF5_MAGIC:
            return place
        place = 2 * place or 512
    return None


def find_weights(stream: BinaryIO) -> int | None:
    """Return where the weights in an archive begin, which are HDF5 themselves; None: packed."""
    with contextlib.suppress(KeyError, ValueError, OSError, struct.error, zipfile.BadZipFile):
        with zipfile.ZipFile(stream) as archive:
            found = archive.getinfo(WEIGHTS)
        if found.compress_type == zipfile.ZIP_STORED:
            stream.seek(found.header_offset + 26)
            name, extra = struct.unpack("<HH", stream.read(4))
            return found.header_offset + 30 + int(name) + int(extra)
    return None


def read_folder(folder: Path) -> Facts:
    """Read the model in a folder: the folder itself, or the only model below it."""
    saved = (folder / "saved_model.pb").exists()
    unpacked = (folder / "metadata.json").exists() and (folder / "config.json").exists()
    if saved and unpacked:
        raise Unreadable(f"the folder {plain(folder.name)} is a SavedModel and an archive at once")
    if saved or unpacked:
        return read_saved_model(folder) if saved else read_unpacked(folder)
    if (folder / TEXT_MODEL).exists():
        return read_text_graph(folder / TEXT_MODEL)
    found = find_models(folder)
    if not found and (folder / "model.json").exists():
        found = [folder / "model.json"]  # of TensorFlow.js
    if len(found) == 1:
        return read_facts(found[0])
    if not found:
        raise Unreadable(f"the folder {plain(folder.name)} holds no model")
    several = ", ".join(plain(each.relative_to(folder)) for each in found[:10])
    several += f" and {len(found) - 10} more" if len(found) > 10 else ""
    raise Unreadable(f"the folder {plain(folder.name)} holds {len(found)} models: {several}")


def find_models(folder: Path, depth: int = 0) -> list[Path]:
    """Return the models below a folder, in order; links are not followed."""
    found: list[Path] = []
    with os.scandir(folder) as entries:
        listed = sorted(
            (each for each, _ in zip(entries, range(MOST_LISTED), strict=False)),
            key=lambda entry: entry.name,
        )
    for entry in listed:
        path = Path(entry.path)
        if entry.is_symlink():
            continue
        if entry.is_file() and path.suffix in MODEL_SUFFIXES:
            found.append(path)
        elif entry.is_dir():
            if (path / "saved_model.pb").exists() or (path / "metadata.json").exists():
                found.append(path)
            elif depth < DEEPEST_FOLDER:
                found += find_models(path, depth + 1)
    return found
