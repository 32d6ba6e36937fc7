"""TensorFlow checkpoints: the names in them, and the graph beside them, reveal who wrote them.

Keys: tensorflow/core/util/tensor_bundle. The checkpoint itself records no version of TensorFlow or
Keras; the `.meta` beside it does. Until 0.12 all was in one file (V1): a LevelDB table whose first
entry, SavedTensorSlices (tensorflow/core/util/saved_tensor_slice.proto), lists the tensors.
"""

from pathlib import Path

from harness.formats.checkpoint_index import read_index
from harness.formats.facts import CHECKPOINT, Facts, Unreadable, add_once, map_file, plain
from harness.formats.leveldb import read_first_entry
from harness.formats.saved_model import PROTOBUF, read_meta_graph, read_saved_model
from harness.formats.wire import decode_text, find_messages

ATTRIBUTE = "/.ATTRIBUTES/"  # ends the path of a variable in the object graph
MOST_ROOTS = 5  # that are named in a line of code
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
VARIABLES = "variables"  # the folder and the prefix of a SavedModel's own checkpoint


def read_checkpoint(index: Path) -> Facts:
    """Read the names in a checkpoint, given its `.index` or its one file.

    The variables of a SavedModel lead to the SavedModel. Raises Unreadable where it is damaged.
    """
    folder = index.parent
    if index.name == f"{VARIABLES}.index" and (folder.parent / PROTOBUF).exists():
        return read_saved_model(folder.parent)
    if tensors := list_tensors_of_v1(index):
        facts = Facts(CHECKPOINT, str(index), marks=["one file"])
        facts.evidence.append(f"{len(tensors)} tensors in one file, as V1 has it, and no version")
        mark_keys(tensors, facts)
        read_meta(index, facts)
        return facts
    prefix = index.with_suffix("")
    facts = Facts(CHECKPOINT, str(prefix))
    names, missing = read_index(index)
    mark_keys(names, facts)
    for sentence in missing:
        add_once(facts.missing, sentence)
    facts.evidence.append(f"{len(names)} entries in {plain(index.name)}, and no version")
    read_meta(prefix, facts)
    return facts


def list_tensors_of_v1(path: Path) -> list[str]:
    """Return the names of the tensors in a checkpoint of one file; an empty list for an index."""
    key, value = read_first_entry(map_file(path))
    if key:
        return []
    # SavedTensorSlices.meta, SavedTensorSliceMeta.tensor, SavedSliceMeta.name
    return [decode_text(name) for name in find_messages(value, 1, 1, 1)]


def read_meta(prefix: Path, facts: Facts) -> None:
    """Add what the `.meta` beside a checkpoint holds: a graph, and the TensorFlow that wrote it."""
    path = prefix.with_name(f"{prefix.name}.meta")
    if not path.exists():
        return
    try:
        read_meta_graph(map_file(path), path.name, facts)
    except Unreadable as error:  # the checkpoint can be read without the graph
        facts.evidence.append(f"{plain(path.name)} cannot be read: {error}")
    else:
        facts.mark("graph beside it")


def mark_keys(names: list[str], facts: Facts) -> None:
    """Record which Keras chose the names (measured, see origin)."""
    if OBJECT_GRAPH not in names:
        facts.mark("name-based")
    else:
        note_roots(names, facts)
    for name in names:
        parts = name.split("/")
        if any(part.startswith("layer_with_weights-") for part in parts):
            facts.mark("layer_with_weights")
        if "_operations" in parts or "_layers" in parts or "_functional" in parts:
            facts.mark("_operations")
        if ".OPTIMIZER_SLOT" in parts:
            facts.mark(".OPTIMIZER_SLOT")
        if "_iterations" in parts:
            facts.mark("_iterations")
        if "_trainable_variables" in parts:
            facts.mark("_trainable_variables")


def note_roots(names: list[str], facts: Facts) -> None:
    """Record under which keywords tf.train.Checkpoint was given what it saved.

    A model that saved its own weights is the root itself, and its layers stand there.
    """
    roots = sorted({name.partition("/")[0] for name in names if ATTRIBUTE in name})
    roots = [root for root in roots if root != "save_counter"]
    if any(root.startswith(("layer_with_weights-", "layer-")) for root in roots):
        facts.mark("saved by the model")
    elif any(root.startswith("_") for root in roots):  # Keras 3: tf.train.Checkpoint(model)
        facts.mark("the model is the root")
    elif 0 < len(roots) <= MOST_ROOTS and all(root.isidentifier() for root in roots):
        facts.evidence.append(f"its root holds {plain(', '.join(roots))}")
        facts.roots += roots
