"""SavedModels: graphs, metadata, and what lies in their folders."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.formats.hostile.base import (
    ANY,
    AS_LIST,
    REFUSED,
    add,
    dense,
    function_def,
    graph,
    graph_def,
    layer,
    meta_graph,
    node_def,
    plain_graph,
    saved_model,
    saver_def,
    sequential,
    signature,
    tag,
)

# Graphs.

OPS = """
WriteFile ReadFile MatchingFiles PyFunc PyFuncStateless EagerPyFunc PrintV2 Print Save SaveV2
SaveSlices MergeV2Checkpoints RestoreV2 CreateSummaryFileWriter WriteSummary
WriteScalarSummary DebugIdentity DebugIdentityV2 DebugNumericSummaryV2 CacheDataset
CacheDatasetV2 SnapshotDataset TextLineDataset TFRecordDataset DatasetToTFRecord
WholeFileReaderV2 InitializeTableFromTextFileV2 LoadAndRemapMatrix ImmutableConst
GenerateVocabRemapping DecodeProtoV2 FixedUnigramCandidateSampler RpcClient Abort
XlaCallModule NoSuchOp
""".split()  # noqa: SIM905
for op in OPS:
    graph(f"with {op}", meta_graph(graph_def(node_def("x", op))))
    graph(
        f"with {op} in a function",
        meta_graph(graph_def(functions=(function_def("f", node_def("x", op)),))),
    )
save = node_def("s", "SaveV2", "filename")
save_fn = function_def("traced_save_7", save)
call = node_def("c", "StatefulPartitionedCall", "filename", function="traced_save_7")
graph("that saves by its restore op", meta_graph(graph_def(save), tag(3, saver_def("", "s"))))
graph(
    "that saves when it is called",
    meta_graph(graph_def(save), tag(3, saver_def("s:0", "")), tag(5, signature("s:0"))),
)
graph(
    "that saves when it is loaded",
    meta_graph(
        graph_def(save),
        tag(3, saver_def("s:0", "")),
        tag(4, tag(1, "saved_model_main_op") + tag(2, tag(1, tag(1, "s")))),
    ),
)
graph(
    "that saves in another function",
    meta_graph(
        graph_def(call, functions=(save_fn, function_def("g", call))), tag(3, saver_def("c:0", ""))
    ),
)
graph(
    "whose saver restores by a function that saves",
    meta_graph(graph_def(call, functions=(save_fn,)), tag(3, saver_def("", "c"))),
)
graph(
    "whose objects name a function that saves",
    meta_graph(
        graph_def(call, functions=(save_fn,)),
        tag(3, saver_def("c:0", "")),
        tag(7, tag(2, tag(1, "traced_save_7"))),
    ),
)
graph("given twice", meta_graph(plain_graph, tag(2, plain_graph)), REFUSED)
graph("with an op given twice", meta_graph(tag(1, tag(2, "Relu") + tag(2, "WriteFile"))), REFUSED)
graph("with a saver given twice", meta_graph(plain_graph, tag(3, b""), tag(3, b"")), REFUSED)
graph("with a node named twice", meta_graph(graph_def(save, save)), REFUSED)
graph("with a function named twice", meta_graph(graph_def(functions=(save_fn, save_fn))), REFUSED)
graph("with two libraries", meta_graph(graph_def() + tag(2, b"")), REFUSED)
graph("with an asset outside", meta_graph(plain_graph, tag(6, tag(2, "../../etc/hostname"))))
graph(
    "with metadata of layers in its objects",
    meta_graph(
        plain_graph,
        tag(
            7,
            tag(
                1,
                tag(
                    4,
                    tag(1, "_tf_keras_layer")
                    + tag(3, json.dumps(layer("Lambda", {"function": AS_LIST}))),
                ),
            ),
        ),
    ),
)
graph("of many fields", b"\x08\x01" * (12 << 20), ANY)
graph("of many nodes", meta_graph(b"\x0a\x00" * (4 << 20)), ANY)
graph("of many functions", meta_graph(tag(2, b"\x0a\x00" * (4 << 20))), ANY)
add(
    "saved metadata given twice",
    REFUSED,
    lambda path: twice(saved_model(path), sequential(dense())),
)
add(
    "saved metadata too large",
    REFUSED,
    lambda path: saved_model(path, metadata=" " * (33 << 20) + "{}"),
)
add("saved metadata of many nodes", ANY, lambda path: many_nodes(saved_model(path)))


def twice(folder: Path, config: Any) -> Path:
    hidden = json.dumps(sequential(layer("Lambda", {"function": AS_LIST})))
    node = tag(4, "_tf_keras_model") + tag(5, json.dumps(config)) + tag(5, hidden)
    (folder / "keras_metadata.pb").write_bytes(tag(1, node))
    return folder


def many_nodes(folder: Path) -> Path:
    one = tag(1, tag(4, "_tf_keras_layer") + tag(5, json.dumps(dense())))
    last = tag(1, tag(4, "_tf_keras_layer") + tag(5, json.dumps(layer("Lambda"))))
    (folder / "keras_metadata.pb").write_bytes(one * 21_000 + last)
    return folder


def beside(name: str, make: Callable[[Path], object]) -> None:
    """Add a SavedModel with something else in its folder, which must be refused."""

    def write(path: Path) -> Path:
        folder = saved_model(path)
        make(folder)
        return folder

    add(f"folder with {name}", REFUSED, write)


beside("a text form", lambda folder: (folder / "saved_model.pbtxt").write_text("meta_graphs {}"))
beside("a chunked form", lambda folder: (folder / "saved_model.cpb").write_bytes(b""))
beside(
    "a linked shard",
    lambda folder: (folder / "variables/variables.data-00000-of-00001").symlink_to("/etc/hostname"),
)
beside("a linked variables", lambda folder: (folder / "extra").symlink_to("/etc"))
beside("a FIFO shard", lambda folder: os.mkfifo(folder / "variables/variables.index"))
beside("a device", lambda folder: (folder / "variables/v").symlink_to("/dev/zero"))
beside("a FIFO in assets", lambda folder: fifo_asset(folder))
beside(
    "an archive's parts",
    lambda folder: [(folder / each).write_text("{}") for each in ("metadata.json", "config.json")],
)


def fifo_asset(folder: Path) -> None:
    (folder / "assets").mkdir()
    os.mkfifo(folder / "assets/vocabulary.txt")


named_as_op = function_def("WriteFile", node_def("x", "Relu"))
graph(
    "with a function named as an op",
    meta_graph(graph_def(node_def("w", "WriteFile"), functions=(named_as_op,))),
)
graph("with a name that is no text", meta_graph(tag(1, tag(1, "a") + tag(2, b"\xff"))), REFUSED)
