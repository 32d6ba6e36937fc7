"""Texts in the places of models: `checkpoint`, and graphs as text (`.pbtxt`).

A text graph is looked through and not parsed: which release it names, and which ops.
"""

import re
from pathlib import Path

from harness.formats.facts import (
    FROZEN_GRAPH,
    LARGEST_JSON,
    SAVED_MODEL_TEXT,
    Facts,
    Unreadable,
    add_once,
    open_regular,
    plain,
    read_limited,
)
from harness.formats.graph_files import find_used, note_tensor
from harness.formats.graph_ops import RESTORE_OPS, SAVE_OPS
from harness.formats.known import read_list

NEWEST = re.compile(r'^\s*model_checkpoint_path:\s*"((?:[^"\\]|\\.){1,4096})"', re.MULTILINE)
VERSION = re.compile(r'tensorflow_version:\s*"([^"\\]{1,100})"')
PRODUCER = re.compile(r"producer:\s*(\d{1,9})\b")
OP = re.compile(r'\bop:\s*"([^"\\]{1,200})"')
INPUT = re.compile(r'input:\s*"([^"]{1,400})"')
NODE = re.compile(
    r'\bname:\s*"([^"\n]{1,400})"\s{1,40}op:\s*"([^"\n]{1,200})"((?:\s{1,40}input:\s*"[^"\n]{1,400}")*)'
)
TEXT = "the graph is a text"
TEXT_GRAPH = re.compile(rb"\s*(#[^\n]*\n\s*)*(node|saved_model_schema_version|meta_graphs)\s*[:{]")


def read_checkpoint_state(path: Path) -> Path:
    """Return the prefix of the newest checkpoint that the file `checkpoint` names, beside it."""
    text = read_text_file(path)
    found = NEWEST.search(text)
    if not found:
        raise Unreadable(f"{plain(path.name)} names no checkpoint")
    name = re.split(r"[/\\]", found[1])[-1]  # the rest is a folder of whoever wrote it
    if name in ("", ".", "..", path.name):
        raise Unreadable(f"{plain(path.name)} names no checkpoint")
    prefix = path.parent / name
    if not prefix.exists() and not Path(f"{prefix}.index").exists():
        raise Unreadable(
            f"{plain(path.name)} names the checkpoint {plain(name)}, which is not beside it",
            "get the files that begin with this name, .index and .data-..., too",
        )
    return prefix


def read_text_graph(path: Path) -> Facts:
    """Read `saved_model.pbtxt` or a GraphDef as text."""
    text = read_text_file(path)
    saved = "meta_graphs" in text
    if saved and path.name != "saved_model.pbtxt":
        raise Unreadable(
            f"{plain(path.name)} is the saved_model.pbtxt of a SavedModel, under another name",
            "name it saved_model.pbtxt in its folder, beside variables/, and give the folder",
        )
    facts = Facts(SAVED_MODEL_TEXT if saved else FROZEN_GRAPH, str(path.parent if saved else path))
    if saved:
        facts.evidence.append("saved_model.pbtxt is a text: it is looked through, and not parsed")
    else:
        facts.evidence.append(TEXT)
        note_nodes(text, facts)
    if version := VERSION.search(text):
        facts.tensorflow = version[1]
        facts.evidence.append(f"tensorflow_version: {plain(version[1])}")
    elif producer := PRODUCER.search(text):
        facts.producer = int(producer[1])
    else:
        facts.producer = 0
    known = read_list("ops") | (SAVE_OPS | RESTORE_OPS if saved else frozenset())
    for op in sorted(set(OP.findall(text)) - known):
        said = f"its graph holds the op {plain(op, 60)}, which is not known to only compute"
        add_once(facts.dangers, said)
    return facts


def note_nodes(text: str, facts: Facts) -> None:
    """Record the inputs and outputs among the nodes of a GraphDef, printed as protobuf prints."""
    nodes = [(found[1], found[2], INPUT.findall(found[3])) for found in NODE.finditer(text)]
    used = find_used(inputs for _, _, inputs in nodes)
    for name, op, _ in nodes:
        note_tensor(name, op, name in used, facts)


def read_text_file(path: Path) -> str:
    """Return the content of a text file; raises Unreadable for a large one."""
    with open_regular(path) as stream:
        content = read_limited(stream, 4 * LARGEST_JSON, plain(path.name))
    return content.decode("utf-8", "replace")
