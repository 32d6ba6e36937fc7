"""Models of TensorFlow.js: `model.json`, with the weights in files beside it.

A layers model holds a configuration of Keras and names the Keras; a graph model holds a GraphDef as
JSON and names the TensorFlow. Format: tensorflowjs/converters/common.py and
tf_saved_model_conversion_v2.py of tensorflowjs 4.10.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.formats.config import read_config
from harness.formats.facts import (
    TFJS_GRAPH,
    TFJS_LAYERS,
    Facts,
    Unreadable,
    add_once,
    open_regular,
    plain,
)
from harness.formats.known import read_list
from harness.formats.refusals import check_pointers

TOPOLOGY = "modelTopology"
VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+-]{0,40}")
# Ops that compute: what TensorFlow fuses in a graph itself, and what TensorFlow.js adds.
FUSED = {"_FusedMatMul", "_FusedConv2D", "FusedDepthwiseConv2dNative"}
FOREIGN = {"Prelu"}
TAKEN_APART = {"_FusedMatMul", "FusedDepthwiseConv2dNative"}  # TensorFlow runs few of these
FUSED_OPS = "ops fused for TensorFlow.js"  # a mark
MOST_NODES, MOST_FILES, MOST_SHOWN = 200_000, 10_000, 5


def read_tfjs(spec: dict[str, Any], path: Path) -> Facts:
    """Read the content of a `model.json`; raises Unreadable if it is none of TensorFlow.js."""
    topology = spec[TOPOLOGY]
    if not isinstance(topology, dict):
        raise Unreadable(f"{plain(path.name)} is of TensorFlow.js, but holds no model")
    if isinstance(topology.get("node"), list):
        facts = Facts(TFJS_GRAPH, str(path))
        read_graph_model(spec, topology, facts)
    else:
        facts = Facts(TFJS_LAYERS, str(path))
        read_layers_model(topology, facts)
    if isinstance(spec.get("convertedBy"), str):
        facts.evidence.append(f"convertedBy: {plain(spec['convertedBy'])}")
    find_weights(spec, path, facts)
    return facts


def read_layers_model(topology: dict[str, Any], facts: Facts) -> None:
    """Add what a layers model says: a configuration, and the Keras that wrote it."""
    version = topology.get("keras_version")
    if isinstance(version, str):
        facts.evidence.append(f"keras_version: {plain(version)}")
        if VERSION.fullmatch(version):
            facts.keras = version
        else:  # "tfjs-layers 1.7.4"
            facts.evidence.append("TensorFlow.js itself wrote the model, in the form of Keras 2")
    read_config(topology.get("model_config", topology), facts)


def read_graph_model(spec: dict[str, Any], topology: dict[str, Any], facts: Facts) -> None:
    """Add what a graph model says: its TensorFlow, its signature, and ops that do not compute."""
    version = spec.get("generatedBy")
    if isinstance(version, str) and VERSION.fullmatch(version):
        facts.tensorflow = version
        facts.evidence.append(f"generatedBy: TensorFlow {plain(version)}")
    else:
        versions = topology.get("versions")
        number = versions.get("producer") if isinstance(versions, dict) else None
        facts.producer = number if isinstance(number, int) else 0
    nodes = topology["node"]
    if len(nodes) > MOST_NODES:
        raise Unreadable(f"the graph holds more than {MOST_NODES} nodes")
    ops = {node.get("op") if isinstance(node, dict) else None for node in nodes}
    if not all(isinstance(op, str) for op in ops):
        raise Unreadable("a node of the graph has no op")
    if ops & TAKEN_APART:
        add_once(facts.marks, FUSED_OPS)
    if foreign := sorted(map(str, ops & FOREIGN)):
        facts.evidence.append(f"only TensorFlow.js has its ops {', '.join(foreign)}")
    for op in sorted(map(str, ops - read_list("ops") - FUSED - FOREIGN)):
        said = f"its graph holds the op {plain(op, 60)}, which is not known to only compute"
        add_once(facts.dangers, said)
    signature = spec.get("signature")
    if isinstance(signature, dict):
        facts.inputs += list_tensors(signature.get("inputs"))
        facts.outputs += list_tensors(signature.get("outputs"))


def list_tensors(described: Any) -> list[str]:
    """Return the names of the first tensors of a signature."""
    each = described.values() if isinstance(described, dict) else []
    names = [value.get("name") for value in each if isinstance(value, dict)]
    return [plain(name, 200) for name in names if isinstance(name, str)][:MOST_SHOWN]


def find_weights(spec: dict[str, Any], path: Path, facts: Facts) -> None:
    """Record the files of weights that are not beside `model.json`."""
    names = list(zip(iterate_weights(spec), range(MOST_FILES), strict=False))
    files = [path.parent / name for name, _ in names]
    check_pointers(files)
    missing = [each.name for each in files if not each.exists()]
    for each in files:
        if each.exists():
            open_regular(each).close()
    if missing:
        shown = ", ".join(plain(name, 60) for name in missing[:MOST_SHOWN])
        facts.evidence.append(f"its weights are not beside it: {shown}")


def iterate_weights(spec: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the files that hold the weights; raises Unreadable for a path."""
    manifest = spec.get("weightsManifest")
    for group in manifest if isinstance(manifest, list) else []:
        paths = group.get("paths") if isinstance(group, dict) else None
        for name in paths if isinstance(paths, list) else []:
            if not isinstance(name, str) or not name or re.search(r"[/\\\0]", name):
                raise Unreadable(f"its weights are in {plain(name)}, which is no name of a file")
            yield name
