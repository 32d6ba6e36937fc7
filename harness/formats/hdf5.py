"""HDF5 files of Keras: models, weights, and the `.weights.h5` of Keras 3."""

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
    import h5py

    with refuse_damage("the HDF5 file"):
        try:
            file = h5py.File(stream, "r")
        except OSError as error:
            if cut := CUT_OFF.search(str(error)):
                raise refuse_cut(int(cut[1]), int(cut[2])) from error
            raise
        with file:
            read(file)


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


def walk(file: Any, size: int, facts: Facts) -> list[str]:
    """Return the names of all arrays without reading them; record links out of the file.

    Each object is visited once, even if several links lead to it: links may form a cycle.
    """
    import h5py

    names, seen, declared = [], set(), 0
    waiting = [("", file)]
    while waiting:
        prefix, group = waiting.pop()
        for key in group:
            link = group.get(key, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                add_once(
                    facts.dangers,
                    f"its HDF5 link {plain(prefix + key)} leads into the file"
                    f" {plain(link.filename)}",
                )
            if not isinstance(link, h5py.HardLink):
                continue
            node = group[key]
            address = h5py.h5o.get_info(node.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MOST_OBJECTS:
                raise Unreadable(f"it holds more than {MOST_OBJECTS} objects")
            if isinstance(node, h5py.Group):
                if key == "vars" and "name" in node.attrs:
                    facts.mark("named vars")
                elif key == "metrics" and not prefix:
                    facts.mark("metrics group")
                elif key == "optimizer" and not prefix:
                    facts.mark("optimizer group")
                waiting.append((f"{prefix}{key}/", node))
            elif isinstance(node, h5py.Dataset):
                names.append(prefix + key)
                declared += note_array(node, prefix + key, facts)
    if is_bomb(declared, size):
        add_once(
            facts.dangers,
            f"it declares {declared / 2**30:.1f} GiB of arrays in a file of"
            f" {size} bytes (CVE-2026-0897)",
        )
    return sorted(names)


def note_array(array: Any, name: str, facts: Facts) -> int:
    """Return the size in bytes that an array declares; record an array stored in another file."""
    if array.external or array.is_virtual:
        add_once(
            facts.dangers, f"its array {plain(name)} is stored in another file (CVE-2026-1669)"
        )
    return int(array.size or 0) * int(array.dtype.itemsize)


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
