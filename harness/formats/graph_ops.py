"""The ops of a SavedModel's graph: is each known to only compute?

A model's graph saves and restores its own variables. Those ops may stand where only the graph's
`saver_def` reaches them: TensorFlow runs its restore op when it loads the model, and its save op
never. Field numbers are those of graph.proto, function.proto, node_def.proto, saver.proto and
meta_graph.proto.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.formats.facts import Facts, Unreadable, add_once, plain
from harness.formats.known import read_list
from harness.formats.packages import FOREST_OP
from harness.formats.wire import (
    decode_text,
    find_messages,
    iterate_fields,
    messages_in,
    split_message,
    text_in,
)

SAVE_OPS = frozenset({"Save", "SaveSlices", "SaveV2", "MergeV2Checkpoints"})
RESTORE_OPS = frozenset({"Restore", "RestoreSlice", "RestoreV2"})
NAME, OP, INPUT = 1, 2, 3  # of NodeDef


@dataclass
class Function:
    """A function of the graph's library: its ops, and its bytes."""

    data: memoryview
    ops: set[str]


@dataclass
class Graph:
    """A graph: its nodes by name, each (op, inputs, bytes), and its functions by name."""

    nodes: dict[str, tuple[str, list[str], memoryview]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    gradients: list[memoryview] = field(default_factory=list)


def check_graph(meta_graph: dict[int, list[int | memoryview]], facts: Facts) -> None:
    """Record every op of a MetaGraphDef, given as its fields, that is not known to be harmless."""
    graph = Graph()
    for data in messages_in(meta_graph, 2):
        read_graph(data, graph)
    # A function may be called by its name, as an op is; but it may not be named as an op is.
    called = read_list("ops") | {name for name in graph.functions if "_" in name[1:]}
    used = {op for op, _, _ in graph.nodes.values()}
    for function in graph.functions.values():
        used |= function.ops
    if used & RESTORE_OPS:
        facts.mark("restores variables")
    for op in sorted(used - called - SAVE_OPS - RESTORE_OPS):
        if op.startswith(FOREST_OP):
            add_once(facts.packages, "tensorflow-decision-forests")
        said = f"its graph holds the op {plain(op, 60)}, which is not known to only compute"
        add_once(facts.dangers, said)
    check_savers(graph, meta_graph, facts)


def read_graph(data: memoryview, graph: Graph) -> None:
    """Add a GraphDef's nodes and functions to `graph`; raises Unreadable for a name given twice."""
    libraries = 0
    for number, value in iterate_fields(data):
        if number == 1 and isinstance(value, memoryview):
            name, op, inputs = read_node(value)
            if name in graph.nodes:
                raise Unreadable(f"the graph holds two nodes named {plain(name, 40)}")
            graph.nodes[name] = op, inputs, value
        elif number == 2 and isinstance(value, memoryview):
            libraries += 1
            for place, content in iterate_fields(value):
                if place == 1 and isinstance(content, memoryview):
                    read_function(content, graph)
                elif isinstance(content, memoryview):
                    graph.gradients.append(content)
    if libraries > 1:
        raise Unreadable("it gives field 2 of a graph twice")


def read_function(data: memoryview, graph: Graph) -> None:
    """Add a FunctionDef to `graph`."""
    name, ops, signatures = "", set(), 0
    for number, value in iterate_fields(data):
        if not isinstance(value, memoryview):
            continue
        if number == 3:
            ops.add(read_op(value))
        elif number == 1:
            signatures += 1
            name = text_in(split_message(value, 1), 1)
    if signatures > 1 or name in graph.functions:
        raise Unreadable(f"the graph defines the function {plain(name, 40)} twice")
    graph.functions[name] = Function(data, ops)


def read_op(data: memoryview) -> str:
    """Return the op of a NodeDef; raises Unreadable if it is given twice."""
    found = None
    for number, value in iterate_fields(data):
        if number == OP:
            if found is not None or not isinstance(value, memoryview):
                raise Unreadable("a node gives its op twice")
            found = decode_text(value)
    return found or ""


def read_node(data: memoryview) -> tuple[str, str, list[str]]:
    """Return (name, op, inputs) of a NodeDef; raises Unreadable if a name or op is given twice."""
    fields = split_message(data, NAME, OP)
    inputs = [decode_text(each) for each in messages_in(fields, INPUT)]
    return text_in(fields, NAME), text_in(fields, OP), inputs


def check_savers(graph: Graph, meta_graph: dict[int, list[int | memoryview]], facts: Facts) -> None:
    """Record ops that save or restore where something else than the graph's saver reaches them."""
    saving = {name for name, each in graph.functions.items() if each.ops & SAVE_OPS}
    restoring = {name for name, each in graph.functions.items() if each.ops & RESTORE_OPS}
    holding = saving | restoring
    mentions = re.compile(b"|".join(re.escape(name.encode()) for name in sorted(holding)) or b"$^")
    touching = {
        name: op
        for name, (op, _, data) in graph.nodes.items()
        if op in SAVE_OPS | RESTORE_OPS or mentions.search(data)
    }
    if not touching and not holding:
        return
    saver = [split_message(each, 1, 2, 3) for each in messages_in(meta_graph, 3)]
    save = reach(graph, [text_in(each, 2) for each in saver])
    restore = reach(graph, [text_in(each, 3) for each in saver])
    elsewhere = reach(graph, find_roots(meta_graph))
    for name, op in touching.items():
        saves = op in SAVE_OPS or mentions_any(graph.nodes[name][2], saving)
        allowed = save - restore if saves else save | restore
        if name not in allowed or name in elsewhere:
            add_once(facts.dangers, f"its graph {tell(saves)} at the node {plain(name, 40)}")
    called = {
        name
        for name in holding
        if any(mentions_any(graph.nodes[node][2], [name]) for node in touching)
    }
    for name in sorted(holding - called):
        said = f"its graph {tell(name in saving)} in {plain(name, 60)}, not for its saver"
        add_once(facts.dangers, said)
    pieces = [each.data for name, each in graph.functions.items() if name not in holding]
    pieces += graph.gradients
    for number in (1, 4, 5, 7):  # what names functions: aliases, collections, signatures, objects
        pieces += messages_in(meta_graph, number)
    if any(mentions.search(piece) for piece in pieces):
        add_once(facts.dangers, f"its graph {tell(bool(saving))} in a function that is called")
    for name in sorted(holding):  # one that saves may not hide in one that restores
        others = holding - {name}
        if mentions_any(graph.functions[name].data, others):
            add_once(facts.dangers, f"its graph {tell(bool(saving))} in {plain(name, 60)}")


def tell(saves: bool) -> str:
    """Return what a graph does with files, for a message."""
    return "writes a file (as SaveV2 does)" if saves else "reads a file (as RestoreV2 does)"


def mentions_any(data: memoryview, names: Iterable[str]) -> bool:
    """Return whether any of the names stands in the bytes."""
    pattern = b"|".join(re.escape(name.encode()) for name in sorted(names))
    return bool(pattern) and re.search(pattern, data) is not None


def find_roots(meta_graph: dict[int, list[int | memoryview]]) -> Iterator[str]:
    """Yield the names of the tensors and nodes that run when the model is loaded or called."""
    for data in messages_in(
        meta_graph, 5
    ):  # signature_def: key, value {outputs {key, value {name}}}
        for name in find_messages(data, 2, 2, 2, 1):
            yield decode_text(name)
    for data in messages_in(meta_graph, 4):  # collection_def: key, value {node_list {value}}
        for name in find_messages(data, 2, 1, 1):
            yield decode_text(name)


def reach(graph: Graph, names: Iterable[str]) -> set[str]:
    """Return the names of the nodes that the named nodes need, themselves included."""
    found: set[str] = set()
    waiting = [name for name in names if name]
    while waiting:
        name = waiting.pop().removeprefix("^").partition(":")[0]
        if name in graph.nodes and name not in found:
            found.add(name)
            waiting += graph.nodes[name][1]
    return found
