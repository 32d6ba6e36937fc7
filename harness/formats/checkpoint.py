"""TensorFlow checkpoints: the names in the `.index`, a LevelDB table, and what they reveal.

Keys: tensorflow/core/util/tensor_bundle. A checkpoint records no version of TensorFlow or Keras.
"""

import glob
from pathlib import Path

from harness.formats.facts import CHECKPOINT, Facts, open_member, open_regular, plain, read_limited
from harness.formats.leveldb import LARGEST_TABLE, iterate_entries
from harness.formats.refusals import check_pointers

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def read_checkpoint(index: Path) -> Facts:
    """Read the names in a checkpoint; raises Unreadable where the index is damaged."""
    prefix = index.with_suffix("")
    facts = Facts(CHECKPOINT, str(prefix))
    with open_regular(index) as stream:
        table = read_limited(stream, LARGEST_TABLE, "the index")
    keys = [key.decode("utf-8", "replace") for key, _ in iterate_entries(table)]
    names = [key for key in keys if key]  # the first, empty key is the header
    mark_keys(names, facts)
    facts.evidence.append(f"{len(names)} entries in {plain(index.name)}, and no version")
    shards = sorted(prefix.parent.glob(f"{glob.escape(prefix.name)}.data-?????-of-?????"))
    for shard in shards:
        open_member(prefix.parent, shard.name).close()
    check_pointers(shards)
    if not shards:
        facts.evidence.append(f"the data files of {plain(prefix.name)} are missing")
    return facts


def mark_keys(names: list[str], facts: Facts) -> None:
    """Record which Keras chose the names (measured, see origin)."""
    if OBJECT_GRAPH not in names:
        facts.mark("name-based")
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
