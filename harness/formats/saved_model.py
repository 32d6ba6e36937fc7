"""SavedModel folders: the TensorFlow that wrote them, and the metadata of Keras in them.

Field numbers are those of TensorFlow's own .proto files: saved_model, meta_graph,
saved_object_graph, and Keras' saved_metadata.
"""

from pathlib import Path

from harness.formats.checkpoint_index import read_index
from harness.formats.config import check_config, mark_model
from harness.formats.facts import (
    SAVED_MODEL,
    Facts,
    Unreadable,
    add_once,
    check_inside,
    check_members,
    map_file,
    plain,
    read_json,
)
from harness.formats.graph_ops import check_graph
from harness.formats.refusals import check_pointers
from harness.formats.wire import find_messages, find_number, messages_in, split_message, text_in

PROTOBUF, KERAS_METADATA = "saved_model.pb", "keras_metadata.pb"
OTHER_FORMS = ("saved_model.pbtxt", "saved_model.cpb")  # TensorFlow may prefer these
MOST_LAYERS = 20_000  # Keras writes one for each layer and metric


def read_saved_model(folder: Path) -> Facts:
    """Read a SavedModel folder; raises Unreadable for a damaged one."""
    facts = Facts(SAVED_MODEL, str(folder))
    check_members(folder)
    check_pointers([*folder.glob("*.pb"), *folder.glob("variables/*")])
    for name in OTHER_FORMS:
        if (folder / name).exists():
            raise Unreadable(
                f"it holds {PROTOBUF} and {name}, and readers differ in which they take"
            )
    read_graphs(map_member(folder, PROTOBUF), facts)
    if (folder / KERAS_METADATA).exists():
        facts.mark("keras_metadata.pb")
        nodes = messages_in(split_message(map_member(folder, KERAS_METADATA)), 1)
        for node in bound_layers(nodes):
            fields = split_message(node, 2, 3, 4, 5, 6)
            read_layer(text_in(fields, 4), messages_in(fields, 5), facts)
    find_missing_values(folder, facts)
    return facts


def find_missing_values(folder: Path, facts: Facts) -> None:
    """Record which files with the values of the variables are not there."""
    index = folder / "variables/variables.index"
    if index.exists():
        facts.missing += read_index(index)[1]
    elif "restores variables" in facts.marks:
        facts.missing.append(
            "variables/variables.index is missing: the graph restores its variables"
        )


def bound_layers(nodes: list[memoryview]) -> list[memoryview]:
    """Return the nodes; raises Unreadable if there are too many."""
    if len(nodes) > MOST_LAYERS:
        raise Unreadable(f"it describes more than {MOST_LAYERS} objects")
    return nodes


def map_member(folder: Path, name: str) -> memoryview:
    """Map a file of the folder into memory; raises Unreadable for a link that leads elsewhere."""
    check_inside(folder, name)
    return map_file(folder / name)


def read_graphs(data: memoryview, facts: Facts) -> None:
    """Add the facts in the graphs: SavedModel.meta_graphs is field 2."""
    graphs = messages_in(split_message(data, 1), 2)
    for graph in graphs:
        read_meta_graph(graph, PROTOBUF, facts)
    if not graphs:
        raise Unreadable(f"{PROTOBUF} holds no graph")


def read_meta_graph(data: memoryview, source: str, facts: Facts) -> None:
    """Add the facts in a MetaGraphDef, which stands in the file `source`."""
    fields = split_message(data, 1, 2, 3, 7)
    for info in messages_in(fields, 1):  # meta_info_def
        version = text_in(split_message(info, 1, 2, 3, 5, 6), 5)
        if version and facts.tensorflow is None:
            facts.tensorflow = version
            facts.evidence.append(f"{plain(source)}, tensorflow_version: {plain(version)}")
    if facts.tensorflow is None:
        facts.producer = facts.producer or find_producer(fields)
    check_graph(fields, facts)
    for signature in messages_in(fields, 5):
        name = text_in(split_message(signature, 1, 2), 1)
        if not name.startswith("__saved_model_"):
            add_once(facts.signatures, plain(name))
    for asset in messages_in(fields, 6):
        note_asset(text_in(split_message(asset, 1, 2), 2), facts)
    objects = messages_in(fields, 7)
    facts.mark("object graph" if objects else "no object graph")
    for graph in objects:
        for node in find_messages(graph, 1):
            for user_object in messages_in(split_message(node, 4), 4):
                note_user_object(user_object, facts)


def find_producer(fields: dict[int, list[int | memoryview]]) -> int | None:
    """Return the number of the TensorFlow that built a graph: GraphDef.versions.producer."""
    for graph in messages_in(fields, 2):
        for versions in messages_in(split_message(graph, 4), 4):
            return find_number(versions, 1) or None
    return None


def note_user_object(data: memoryview, facts: Facts) -> None:
    """Add what a SavedUserObject says of Keras: up to 2.4 its metadata stands here."""
    fields = split_message(data, 1, 2, 3)
    kind, metadata = text_in(fields, 1), messages_in(fields, 3)
    if kind.startswith("_tf_keras_"):
        facts.mark("Keras objects in saved_model.pb")
        read_layer(kind, metadata, facts)


def note_asset(name: str, facts: Facts) -> None:
    """Record an asset that would be read from outside the folder."""
    if "/" in name or "\\" in name or name == "..":
        add_once(facts.dangers, f"its asset {plain(name)} is outside the folder of its assets")


def read_layer(kind: str, metadata: list[memoryview], facts: Facts) -> None:
    """Add the metadata of Keras about a model, a layer or a metric: its kind and its JSON."""
    if not metadata or not metadata[0]:
        return
    described = read_json(bytes(metadata[0]), "the metadata of a layer")
    if not isinstance(described, dict):
        return
    version = described.get("keras_version")
    if isinstance(version, str) and facts.keras is None:
        facts.keras = version
        facts.evidence.append(f"metadata of {plain(kind)}, keras_version: {plain(version)}")
    mark_model({key: described.get(key) for key in ("class_name", "config")}, facts)
    check_config(described, facts)
