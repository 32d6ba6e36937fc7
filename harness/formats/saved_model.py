"""SavedModel folders: the TensorFlow that wrote them, and the metadata of Keras in them.

Field numbers are those of TensorFlow's own .proto files: saved_model, meta_graph, graph, function,
node_def, and Keras' saved_metadata.
"""

import mmap
from itertools import islice
from pathlib import Path

from harness.formats.config import read_config
from harness.formats.facts import (
    LARGEST_JSON,
    SAVED_MODEL,
    Facts,
    Unreadable,
    add_once,
    check_inside,
    open_member,
    plain,
    read_json,
)
from harness.formats.wire import find_messages, find_text

PROTOBUF, KERAS_METADATA = "saved_model.pb", "keras_metadata.pb"
# Ops that reach files or Python when the graph runs, whichever function they are in.
REACHING_OPS = {
    "ReadFile",
    "WriteFile",
    "MatchingFiles",
    "PyFunc",
    "PyFuncStateless",
    "EagerPyFunc",
    "RegisterDataset",
    "TextLineReaderV2",
    "WholeFileReaderV2",
    "FixedLengthRecordReaderV2",
    "TFRecordReaderV2",
    "LoadAndRemapMatrix",
    "DataServiceDatasetV2",
}
MOST_LAYERS = 5000  # Keras writes one for each layer and metric


def read_saved_model(folder: Path) -> Facts:
    """Read a SavedModel folder; raises Unreadable for a damaged one."""
    facts = Facts(SAVED_MODEL, str(folder))
    read_graphs(map_member(folder, PROTOBUF), facts)
    if (folder / KERAS_METADATA).exists():
        facts.mark("keras_metadata.pb")
        for node in islice(find_messages(map_member(folder, KERAS_METADATA), 1), MOST_LAYERS):
            read_layer(node, 4, 5, facts)
    for name in ("variables", "variables/variables.index"):
        check_inside(folder, name)
    return facts


def map_member(folder: Path, name: str) -> memoryview:
    """Map a file of the folder into memory, so that only the needed parts are read."""
    with open_member(folder, name) as stream:
        try:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError as error:
            raise Unreadable(f"{name} is empty") from error


def read_graphs(data: memoryview, facts: Facts) -> None:
    """Add the facts in the graphs: SavedModel.meta_graphs is field 2, meta_info_def field 1."""
    graphs = 0
    for graph in find_messages(data, 2):
        graphs += 1
        version = find_text(graph, 1, 5)
        if version and facts.tensorflow is None:
            facts.tensorflow = version
            facts.evidence.append(f"saved_model.pb, tensorflow_version: {plain(version)}")
        for path in ((2, 1), (2, 2, 1, 3)):  # the graph's nodes, and those of its functions
            for node in find_messages(graph, *path):
                note_op(find_text(node, 2), facts)
        for user_object in islice(find_messages(graph, 7, 1, 4), MOST_LAYERS):
            if (find_text(user_object, 1) or "").startswith("_tf_keras_"):
                facts.mark("Keras objects in saved_model.pb")
                read_layer(user_object, 1, 3, facts)
    if not graphs:
        raise Unreadable(f"{PROTOBUF} holds no graph")


def note_op(name: str | None, facts: Facts) -> None:
    """Record each op that reads files or runs Python code, once per name."""
    if name in REACHING_OPS:
        add_once(
            facts.dangers,
            f"its graph holds the op {name}, which reaches files or Python code when it runs",
        )


def read_layer(node: memoryview, identifier: int, metadata: int, facts: Facts) -> None:
    """Add the metadata of Keras about a model or layer: its kind and its JSON."""
    kind = find_text(node, identifier) or ""
    text = next(find_messages(node, metadata), None)
    if kind == "_tf_keras_metric" or not text or len(text) > LARGEST_JSON:
        return
    described = read_json(bytes(text), "the metadata of a layer")
    if not isinstance(described, dict):
        return
    version = described.get("keras_version")
    if isinstance(version, str) and facts.keras is None:
        facts.keras = version
        facts.evidence.append(f"metadata of {plain(kind)}, keras_version: {plain(version)}")
    if facts.keras is None or "class_name" in described:
        read_config({key: described.get(key) for key in ("class_name", "config")}, facts)
