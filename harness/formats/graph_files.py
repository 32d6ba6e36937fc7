"""Graphs of TensorFlow in one file: frozen graphs (GraphDef) and meta graphs (`.meta`).

Field numbers are those of graph.proto, versions.proto, node_def.proto and meta_graph.proto.
"""

import mmap
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from harness.formats.facts import (
    FROZEN_GRAPH,
    META_GRAPH,
    Facts,
    Unreadable,
    open_regular,
    plain,
)
from harness.formats.graph_ops import Graph, check_graph, read_graph
from harness.formats.refusals import DOWNLOAD, explain_refusal
from harness.formats.wire import find_number, messages_in, split_message, text_in

Fields = dict[int, list[int | memoryview]]
SUFFIXES = {".pb", ".meta"}
# A message in field 1, which begins with one of the fields that NodeDef and MetaInfoDef begin with.
BEGINNING = re.compile(rb"\x0a[\x80-\xff]{0,4}[\x00-\x7f][\x0a\x12\x1a\x22\x2a]")
# What nothing else takes and is no output: states, summaries, and what trains and saves.
NO_OUTPUT = re.compile(
    r"Const|NoOp|Assert|Placeholder\w*|Save\w*|Assign\w*|\w*Apply\w+|\w+Summary\w*|VarHandleOp|"
    r"Variable\w*|IsVariableInitialized|VarIsInitializedOp"
)
HELPERS = ("save/", "save_", "init", "gradients/", "report_uninitialized")  # names of those
MOST_TENSORS = 5  # inputs and outputs that are named


def is_graph(head: bytes, path: Path) -> bool:
    """Return whether a file may be a graph, by its first bytes."""
    return BEGINNING.match(head) is not None or (path.suffix in SUFFIXES and head[:1] == b"\x08")


def read_graph_file(path: Path) -> Facts:
    """Read a frozen graph or a meta graph; raises Unreadable for anything else."""
    with open_regular(path) as stream:
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        fields = split_message(data)
        if isinstance(fields.get(1, [b""])[0], int):
            refuse_other(fields, path)
        if is_meta_graph(fields, path):
            return read_meta_file(split_message(data, 1, 2, 3, 7), path)
        return read_frozen_graph(data, path)
    except Unreadable as error:
        if path.suffix in SUFFIXES and "truncated" in str(error):
            raise Unreadable(f"{plain(path.name)} is a graph that is cut off", DOWNLOAD) from error
        if path.suffix in SUFFIXES or error.tip:
            raise
        raise explain_refusal(bytes(data[:4096]), path) from error


def refuse_other(fields: Fields, path: Path) -> NoReturn:
    """Raise Unreadable for a message that begins with a number: a SavedModel, or ONNX."""
    name = plain(path.name)
    if 7 in fields:
        raise Unreadable(f"{name} is an ONNX model, which TensorFlow does not read")
    if 2 in fields:
        raise Unreadable(
            f"{name} is the saved_model.pb of a SavedModel, under another name",
            "name it saved_model.pb in its folder, beside variables/, and give the folder",
        )
    raise Unreadable(f"{name} is a message of Protocol Buffers, but not a graph")


def is_meta_graph(fields: Fields, path: Path) -> bool:
    """Return whether the fields are those of a MetaGraphDef, and not of a GraphDef."""
    if len(fields.get(1, ())) > 1 or len(fields.get(2, ())) != 1:
        return False
    if path.suffix == ".meta":
        return True
    return any(text_in(split_message(info), 5) for info in messages_in(fields, 1))


def read_meta_file(fields: Fields, path: Path) -> Facts:
    """Read a MetaGraphDef: meta_info_def is field 1, graph_def field 2."""
    facts = Facts(META_GRAPH, str(path))
    for info in messages_in(fields, 1):
        version = text_in(split_message(info, 5), 5)
        if version:
            facts.tensorflow = version
            facts.evidence.append(f"meta_info_def, tensorflow_version: {plain(version)}")
    for data in messages_in(fields, 2):
        note_graph(data, facts)
    check_graph(fields, facts)
    prefix = path.with_suffix("")
    if not prefix.exists() and not Path(f"{prefix}.index").exists():
        facts.evidence.append(
            f"the weights are not beside it: {plain(prefix.name)}.index is missing"
        )
    return facts


def read_frozen_graph(data: memoryview, path: Path) -> Facts:
    """Read a GraphDef."""
    facts = Facts(FROZEN_GRAPH, str(path))
    note_graph(data, facts)
    check_graph({2: [data]}, facts)
    if "variables" in facts.marks:
        facts.evidence.append("the graph is not frozen: it has variables, and no weights in it")
    return facts


def note_graph(data: memoryview, facts: Facts) -> None:
    """Add what a GraphDef says of its producer, its inputs and its outputs."""
    graph = Graph()
    read_graph(data, graph)
    if not graph.nodes or not all(op for op, _, _ in graph.nodes.values()):
        raise Unreadable("it is a message of Protocol Buffers, but not a graph")
    versions = messages_in(split_message(data, 4), 4)
    facts.producer = find_number(versions[0], 1) if versions else 0
    used = find_used(inputs for _, inputs, _ in graph.nodes.values())
    for name, (op, _, _) in graph.nodes.items():
        if op.startswith("Variable") or op == "VarHandleOp":
            facts.mark("variables")
        note_tensor(name, op, name in used, facts)


def find_used(inputs: Iterable[list[str]]) -> set[str]:
    """Return the nodes whose values others take; a control dependency takes none."""
    named = (name for each in inputs for name in each if not name.startswith("^"))
    return {name.partition(":")[0] for name in named}


def note_tensor(name: str, op: str, used: bool, facts: Facts) -> None:
    """Record a node's first output as an input or an output of the graph, if it is one."""
    tensor = plain(f"{name}:0", 200)
    if op in ("Placeholder", "PlaceholderV2") and len(facts.inputs) < MOST_TENSORS:
        facts.inputs.append(tensor)
    elif not used and not NO_OUTPUT.fullmatch(op) and not name.startswith(HELPERS):
        facts.outputs[:] = [*facts.outputs, tensor][-MOST_TENSORS:]
