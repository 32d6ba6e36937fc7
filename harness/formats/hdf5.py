"""HDF5 files of Keras: models, weights, and the `.weights.h5` of Keras 3."""

import math
import os
import re
from pathlib import Path
from typing import Any, BinaryIO

from harness.formats.config import check_config, read_config
from harness.formats.facts import (
    HDF5_MODEL,
    HDF5_WEIGHTS,
    LARGEST_JSON,
    WEIGHTS_H5,
    Facts,
    Unreadable,
    add_once,
    is_bomb,
    open_regular,
    plain,
    read_json,
    refuse_damage,
)
from harness.formats.old_keras import KERAS_0, KERAS_1, mark_old_keras
from harness.formats.refusals import refuse_cut

CUT_OFF = re.compile(r"truncated file: eof = (\d+),.* stored_eof = (\d+)")  # says HDF5's library
WINDOWS_NAMES = "names of Windows"
LARGEST_IMAGE = 4 << 20  # bytes; in memory HDF5 finds many small arrays sooner
MOST_OBJECTS = 20_000  # the largest models have some ten thousand arrays


def read_hdf5_file(path: Path) -> Facts:
    """Read an HDF5 file. Raises Unreadable if the HDF5 library fails or if Keras did not write the
    file.
    """
    with open_regular(path) as stream:
        size = path.stat().st_size
        facts = Facts(HDF5_WEIGHTS, str(path))
        with_file(stream, lambda file: read_hdf5(file, size, facts))
    return facts


def with_file(stream: BinaryIO, read: Any) -> None:
    """Call `read` with the open HDF5 file; errors of the HDF5 library become Unreadable."""

    with refuse_damage("the HDF5 file"):
        try:
            file = open_hdf5(stream)
        except OSError as error:
            if cut := CUT_OFF.search(str(error)):
                raise refuse_cut(int(cut[1]), int(cut[2])) from error
            raise
        with file:
            read(file)


def open_hdf5(stream: BinaryIO) -> Any:
    """Return the open file; a small one is read into memory. Raises OSError.

    HDF5 does not say what is wrong with a file in memory: such a file is opened as a stream.
    """
    import h5py

    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size <= LARGEST_IMAGE:
        try:
            return h5py.File(h5py.h5f.open_file_image(stream.read()), "r")
        except (OSError, ValueError):
            stream.seek(0)
    return h5py.File(stream, "r")


def read_hdf5(file: Any, size: int, facts: Facts) -> None:
    """Add the facts in the open file to `facts`; `size` is the file's size in bytes."""
    names = walk(file, size, facts)
    config = read_attribute(file, "model_config")
    facts.keras = read_attribute(file, "keras_version")
    if facts.keras is None and "model_weights" in file:
        facts.keras = read_attribute(file["model_weights"], "keras_version")
    if facts.keras is not None:
        facts.evidence.append(f"attribute keras_version: {plain(facts.keras)}")
    backend = read_attribute(file, "backend")
    if backend is not None and backend != "tensorflow":
        facts.evidence.append(
            f"attribute backend: {plain(backend)}, so the writer was not TensorFlow"
        )
    mark_names(names, facts)
    if config is not None:
        facts.format = HDF5_MODEL
        described = read_json(config, "the attribute model_config")
        read_config(described, facts)
        note_training(read_attribute(file, "training_config"), facts)
        mark_old_keras(described, names, facts)
    elif "nb_layers" in file.attrs and {"layer_0", "layer_1"} & set(file):
        facts.mark(KERAS_0)
        facts.evidence.append("groups layer_0, layer_1, ... are written by Keras 0.x")
    elif facts.keras is None and "layer_names" not in file.attrs:
        weights = any(name.split("/")[-2:-1] == ["vars"] for name in names)
        if not weights and not {"layers", "_layer_checkpoint_dependencies"} & set(file):
            raise Unreadable("it is an HDF5 file, but not one that Keras wrote")
        facts.format = WEIGHTS_H5
    else:
        mark_old_keras(None, names, facts)
        if facts.keras is None and KERAS_1 in facts.marks:
            facts.evidence.append("weights named as dense_1_W are written by Keras 1")


def read_attribute(node: Any, name: str) -> str | None:
    """Return a text attribute, None if it is absent; raises Unreadable if it is huge."""
    if name not in node.attrs:
        return None
    stored = node.attrs.get_id(name)
    if stored.shape not in ((), (1,)) or stored.get_storage_size() > LARGEST_JSON:
        raise Unreadable(f"the attribute {name} is not text")
    value = node.attrs[name]
    value = value.item() if hasattr(value, "item") else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def list_objects(file: Any) -> tuple[list[bytes], list[bytes]]:
    """Return the names of all groups and of all arrays in the file itself, each object once.

    HDF5's own walk takes a fifth of the time of h5py's, and follows no link out of the file. Raises
    Unreadable for too many objects.
    """
    from h5py import h5o

    groups: list[bytes] = []
    arrays: list[bytes] = []

    def note(name: bytes, found: Any) -> None:
        if len(groups) + len(arrays) >= MOST_OBJECTS:
            raise Unreadable(f"it holds more than {MOST_OBJECTS} objects")
        if found.type == h5o.TYPE_GROUP:
            groups.append(name)
        elif found.type == h5o.TYPE_DATASET:
            arrays.append(name)

    h5o.visit(file.id, note, info=True)
    return groups, arrays


def note_links(file: Any, facts: Facts) -> None:
    """Record the links that lead out of the file; none is followed."""
    from h5py import h5l

    def note(name: bytes, link: Any) -> None:
        if link.type == h5l.TYPE_EXTERNAL:
            target = os.fsdecode(file.id.links.get_val(name)[0])
            said = f"its HDF5 link {plain(spell_name(name))} leads into the file {plain(target)}"
            add_once(facts.dangers, said)

    file.id.links.visit(note, info=True)


def spell_name(name: bytes) -> str:
    """Return the name of an object as h5py spells it."""
    return name.decode("utf-8", "surrogateescape")


def walk(file: Any, size: int, facts: Facts) -> list[str]:
    """Return the names of all arrays without reading them; record links out of the file."""
    from h5py import h5a, h5g

    note_links(file, facts)
    groups, arrays = list_objects(file)
    for group in groups:
        key = group.rpartition(b"/")[2]
        if key == b"vars" and h5a.exists(h5g.open(file.id, group), b"name"):
            facts.mark("named vars")
        elif group == b"metrics":
            facts.mark("metrics group")
        elif group == b"optimizer":
            facts.mark("optimizer group")
    names = [spell_name(each) for each in arrays]
    declared = sum(note_array(file, *each, facts) for each in zip(arrays, names, strict=True))
    if is_bomb(declared, size):
        add_once(
            facts.dangers,
            f"it declares {declared / 2**30:.1f} GiB of arrays in a file of"
            f" {size} bytes (CVE-2026-0897)",
        )
    return sorted(names)


def note_array(file: Any, place: bytes, name: str, facts: Facts) -> int:
    """Return the size in bytes that an array declares; record an array stored in another file."""
    from h5py import h5d

    array = h5d.open(file.id, place)
    plan = array.get_create_plist()
    if plan.get_external_count() or plan.get_layout() == h5d.VIRTUAL:
        add_once(
            facts.dangers, f"its array {plain(name)} is stored in another file (CVE-2026-1669)"
        )
    return math.prod(array.shape or ()) * int(array.get_type().get_size())


def mark_names(names: list[str], facts: Facts) -> None:
    """Record the layouts of weights that only some releases write (measured, see origin)."""
    if backslashed := next((name for name in names if "\\" in name), None):
        facts.mark(WINDOWS_NAMES)
        facts.evidence.append(f"names of its groups hold backslashes: {plain(backslashed)}")
    for name in names:
        parts = name.split("/")
        cells = {part.rstrip("0123456789").rstrip("_") for part in parts}
        if parts[0] == "_layer_checkpoint_dependencies":
            facts.mark("_layer_checkpoint_dependencies")
        elif parts[0] == "layers":
            facts.mark("layers/vars")
        if cells & {"lstm_cell", "gru_cell", "simple_rnn_cell"}:
            facts.mark("cell in weight names")
        elif name.endswith(":0") and cells & {"lstm", "gru", "simple_rnn"}:
            facts.mark("no cell in weight names")
        if parts[:2] == ["optimizer_weights", "training"]:
            facts.mark("optimizer_weights/training")


def note_training(text: str | None, facts: Facts) -> None:
    """Record how the compile arguments are written, and what they name."""
    training = read_json(text, "the attribute training_config") if text else None
    check_config(training, facts)
    mark_old_keras(training, [], facts)
    if isinstance(training, dict) and training.get("metrics", "absent") in (None, []):
        facts.mark("metrics null" if training["metrics"] is None else "metrics empty")
