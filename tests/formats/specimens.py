"""Hostile model files of many kinds, made from scratch without TensorFlow.

    .venv/bin/python -m tests.formats.specimens FOLDER

Each is harmless: at most it would create the file `marker` in the folder of the process that loads
it. `KINDS` maps a kind's name to (what is expected, a function that writes it below a folder and
returns its path). UNSAFE: it is read and called unsafe. REFUSED: it is refused in one sentence.
ANY: it may be read or refused, but within the limits.
"""

import base64
import io
import json
import marshal
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

UNSAFE, REFUSED, ANY = "unsafe", "refused", "any"
Write = Callable[[Path], Path]
KINDS: dict[str, tuple[str, Write]] = {}

MARK = "open('marker', 'w').close()"
CODE = base64.b64encode(marshal.dumps(compile(MARK, "<lambda>", "exec"))).decode()
ESCAPE = "\x1b]0;owned\x07\x1b[31m"


def add(name: str, expected: str, write: Write) -> None:
    """Add a kind; a name is used once."""
    assert name not in KINDS, name
    KINDS[name] = (expected, write)


# Configurations, in each of the files that hold one.


def keras_zip(path: Path, config: Any, extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path / "model.keras", "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.6.0"}')
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path / "model.keras"


def keras_h5(path: Path, config: Any, training: Any = None) -> Path:
    with h5py.File(path / "model.h5", "w") as file:
        file.attrs["keras_version"] = "2.10.0"
        file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        file.create_group("model_weights")
    return path / "model.h5"


def sequential(*layers: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def layer(name: str, config: Any = None, **keys: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {} if config is None else config, **keys}


def dense(**config: Any) -> dict[str, Any]:
    return layer("Dense", {"units": 1, **config})


def function(module: str | None, name: str, registered: str | None = "function") -> dict[str, Any]:
    named = {"class_name": "function", "config": name, "registered_name": registered}
    return named | {"module": module}


def configured(name: str, node: Any, expected: str = UNSAFE) -> None:
    """Add a kind whose layer is `node`, in a .keras, an .h5, a SavedModel and bare JSON."""
    config = sequential(node)
    add(f"keras {name}", expected, lambda path: keras_zip(path, config))
    add(f"h5 {name}", expected, lambda path: keras_h5(path, config))
    add(f"saved {name}", expected, lambda path: saved_model(path, metadata=config))


# Protocol Buffers, by hand.


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def tag(number: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(data)) + data


def node_def(name: str, op: str, *inputs: str, function: str = "") -> bytes:
    found = tag(1, name) + tag(2, op) + b"".join(tag(3, each) for each in inputs)
    if function:  # attr: {key, value {func {name}}}
        found += tag(5, tag(1, "f") + tag(2, tag(10, tag(1, function))))
    return found


def function_def(name: str, *nodes: bytes) -> bytes:
    return tag(1, tag(1, name)) + b"".join(tag(3, each) for each in nodes)


def graph_def(*nodes: bytes, functions: tuple[bytes, ...] = ()) -> bytes:
    library = b"".join(tag(1, each) for each in functions)
    return b"".join(tag(1, each) for each in nodes) + tag(2, library)


def saver_def(save: str = "", restore: str = "") -> bytes:
    return tag(1, "filename:0") + tag(2, save) + tag(3, restore)


def signature(output: str) -> bytes:
    info = tag(1, "out") + tag(2, tag(1, output))
    return tag(1, "serving_default") + tag(2, tag(2, info))


def meta_graph(graph: bytes, *rest: bytes, version: str = "2.10.0") -> bytes:
    return tag(1, tag(5, version)) + tag(2, graph) + b"".join(rest)


def saved_model(
    path: Path, meta: bytes | None = None, metadata: Any = None, kind: str = "_tf_keras_sequential"
) -> Path:
    folder = path / "model"
    folder.mkdir()
    if meta is None:
        meta = meta_graph(graph_def(node_def("x", "Placeholder")))
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + tag(2, meta))
    if metadata is not None:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        node = tag(3, "root") + tag(4, kind) + tag(5, text)
        (folder / "keras_metadata.pb").write_bytes(tag(1, node))
    (folder / "variables").mkdir()
    return folder


def graph(name: str, meta: bytes, expected: str = UNSAFE) -> None:
    add(f"graph {name}", expected, lambda path: saved_model(path, meta))


# Code, in every spelling of a Lambda.

AS_LIST = [CODE, None, None]
for name, spelled in {
    "lambda as a list": AS_LIST,
    "lambda as a bare text": CODE,
    "lambda as an object": {"class_name": "__lambda__", "config": {"value": CODE}},
    "lambda as a tuple": {"class_name": "__tuple__", "items": AS_LIST},
}.items():
    configured(name, layer("Lambda", {"function": spelled, "function_type": "lambda"}))
configured("lambda registered", layer("Keras>Lambda", {"function": AS_LIST}))
configured(
    "lambda in a wrapper",
    layer("TimeDistributed", {"layer": layer("Lambda", {"function": AS_LIST})}),
)
configured("lambda as an activation", dense(activation=layer("__lambda__", {"value": CODE})))
configured("a lambda's output shape", layer("Lambda", {"function": "f", "output_shape": AS_LIST}))
configured("residual function", layer("ResidualWrapper", {"residual_fn": AS_LIST}))
configured("dropout filter", layer("DropoutWrapper", {"dropout_state_filter_visitor": AS_LIST}))
configured("byte code in another key", dense(units=CODE))

# Names that are imported.

for module, name in {
    ("os", "system"),
    ("posix", "system"),
    ("subprocess", "Popen"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "__import__"),
    ("keras.utils", "get_file"),
    ("keras.saving", "load_model"),
    ("keras.models", "load_model"),
    ("keras.config", "enable_unsafe_deserialization"),
    ("keras.src.callbacks", "os.system"),
    ("keras", "utils.get_file"),
    ("keras.src.datasets.mnist", "get_file"),
    ("wheel.bdist_wheel", "rmtree"),
    ("tensorflow", "io.write_file"),
    ("tensorflow.python.ops.io_ops", "write_file"),
    ("numpy", "save"),
    ("shutil", "rmtree"),
    ("pickle", "loads"),
    ("google.protobuf.text_format", "Parse"),
    ("harness.files", "write_whole"),
    ("tf_keras.utils", "get_file"),
    ("keras.src.utils.file_utils", "extract_archive"),
    ("..os", "system"),
    ("os.path", "os.system"),
}:
    add(
        f"function {module} {name}",
        UNSAFE,
        lambda path, named=function(module, name): keras_zip(
            path, sequential(dense(activation=named))
        ),
    )
for module, name in {
    ("os", "_wrap_close"),
    ("keras.callbacks", "CSVLogger"),
    ("keras.src.callbacks.csv_logger", "CSVLogger"),
    ("keras.callbacks", "BackupAndRestore"),
    ("keras.layers", "TFSMLayer"),
    ("keras.layers", "TorchModuleWrapper"),
    ("keras.layers", "JaxLayer"),
    ("keras.src.export.tfsm_layer", "TFSMLayer"),
    ("keras.export", "ExportArchive"),
    ("logging", "FileHandler"),
    ("zipfile", "ZipFile"),
    ("keras.src.saving.file_editor", "KerasFileEditor"),
    ("tensorflow.python.summary.writer.writer", "FileWriter"),
    ("keras.layers", "Dense.from_config"),
}:
    node = layer(name, {"filename": "marker"}, module=module, registered_name=None)
    add(
        f"class {module} {name}",
        UNSAFE,
        lambda path, node=node: keras_zip(path, sequential(node)),
    )
for name, node in {
    "registered as eval": function("builtins", "harmless", "eval"),
    "registered as get_file": layer(
        "FeatureSpace", {}, module="keras.utils", registered_name="get_file"
    ),
    "registered in another module": layer("Mine", {}, module="os", registered_name="mine>Mine"),
    "class is a list": layer(["Dense"]),  # type: ignore[arg-type]
    "module is a list": layer("Dense", {}, module=["os"]),
    "function is an object": {"class_name": "function", "config": {"a": 1}, "module": "builtins"},
    "type spec": {
        "class_name": "__typespec__",
        "spec_name": "system",
        "module": "os",
        "registered_name": None,
        "config": ["touch marker"],
    },
    "unknown special": layer("__reduce__"),
    "bare get": layer("deserialize_keras_object", {}),
    "vocabulary": layer("StringLookup", {"vocabulary": "/etc/hostname"}),
    "vocabulary of text": layer("TextVectorization", {"vocabulary": "/etc/hostname"}),
    "column's checkpoint": layer(
        "DenseFeatures",
        {"feature_columns": [layer("EmbeddingColumn", {"ckpt_to_load_from": "/tmp/x"})]},
    ),
    "column's vocabulary": layer(
        "DenseFeatures",
        {"feature_columns": [layer("VocabularyFileCategoricalColumn", {"vocabulary_file": "/x"})]},
    ),
}.items():
    add(f"node {name}", UNSAFE, lambda path, node=node: keras_zip(path, sequential(node)))
for key in ("activation", "kernel_initializer", "kernel_regularizer", "bias_constraint"):
    bare = dense(**{key: "deserialize_keras_object"})
    add(f"bare name in {key}", UNSAFE, lambda path, bare=bare: keras_h5(path, sequential(bare)))
for name, training in {
    "loss": {"loss": function("os", "system")},
    "metric": {"metrics": [[{"class_name": "MeanMetricWrapper", "config": {"fn": "deserialize"}}]]},
    "optimizer": {"optimizer_config": layer("Lambda", {"function": AS_LIST})},
    "nested loss": {"loss": {"a": {"b": ["serialize_keras_object"]}}},
}.items():
    add(
        f"compiled with a {name}",
        UNSAFE,
        lambda path, training=training: keras_h5(path, sequential(dense()), training),
    )
add(
    "a metric of a SavedModel",
    UNSAFE,
    lambda path: saved_model(
        path, metadata=layer("Lambda", {"function": AS_LIST}), kind="_tf_keras_metric"
    ),
)

# Layers that call TensorFlow by name.

for symbol in (
    "io.write_file",
    "io.read_file",
    "raw_ops.WriteFile",
    "compat.v1.raw_ops.Save",
    "raw_ops.PrintV2",
    "print",
    "py_function",
    "numpy_function",
    "compat.v1.py_func",
    "io.gfile.remove",
    "compat.v1.gfile.DeleteRecursively",
    "load_op_library",
    "saved_model.load",
    "keras.models.load_model",
    "keras.utils.get_file",
    "summary.create_file_writer",
    "train.load_checkpoint",
    "data.experimental.save",
    "experimental.dispatch_for_api",
    "system",
):
    add(
        f"call of {symbol}",
        UNSAFE,
        lambda path, symbol=symbol: keras_h5(
            path, sequential(layer("TFOpLambda", {"function": symbol}))
        ),
    )
wire = (tag(1, "w") + tag(2, "Relu") + tag(2, "WriteFile")).decode()
for name, node in {
    "slicing": layer("SlicingOpLambda", {"function": "io.write_file"}),
    "class method": layer("ClassMethod", {"cls_symbol": "io.gfile.GFile", "method_name": "write"}),
    "class method of a tensor": layer(
        "ClassMethod", {"cls_symbol": "RaggedTensor", "method_name": "__init__"}
    ),
    "instance method": layer("InstanceMethod", {"method_name": "__reduce__"}),
    "instance property": layer("InstanceProperty", {"attr_name": "graph"}),
    "op as an object": layer("TensorFlowOpLayer", {"node_def": {"op": "WriteFile"}}),
    "op as JSON": layer("TensorFlowOpLayer", {"node_def": '{"op": "WriteFile"}'}),
    "op as bytes": layer("TensorFlowOpLayer", {"node_def": tag(2, "WriteFile").decode()}),
    "op given twice": layer("TensorFlowOpLayer", {"node_def": wire}),
    "op missing": layer("TensorFlowOpLayer", {"node_def": {}}),
    "op that calls a function": layer("TensorFlowOpLayer", {"node_def": {"op": "PartitionedCall"}}),
    "function missing": layer("TFOpLambda", {}),
    "function is an object": layer("TFOpLambda", {"function": {"io": "write_file"}}),
}.items():
    add(f"layer {name}", UNSAFE, lambda path, node=node: keras_h5(path, sequential(node)))

# Graphs.

for op in (
    "WriteFile ReadFile MatchingFiles PyFunc PyFuncStateless EagerPyFunc PrintV2 Print Save SaveV2"
    " SaveSlices MergeV2Checkpoints RestoreV2 CreateSummaryFileWriter WriteSummary"
    " WriteScalarSummary DebugIdentity DebugIdentityV2 DebugNumericSummaryV2 CacheDataset"
    " CacheDatasetV2 SnapshotDataset TextLineDataset TFRecordDataset DatasetToTFRecord"
    " WholeFileReaderV2 InitializeTableFromTextFileV2 LoadAndRemapMatrix ImmutableConst"
    " GenerateVocabRemapping DecodeProtoV2 FixedUnigramCandidateSampler RpcClient Abort"
    " XlaCallModule NoSuchOp"
).split():
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
plain_graph = graph_def(node_def("x", "Placeholder"))
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


# Archives.

PLAIN = sequential(dense())


def archive(name: str, expected: str, write: Callable[[zipfile.ZipFile], object]) -> None:
    """Add a .keras file with further members."""

    def make(path: Path) -> Path:
        made = keras_zip(path, PLAIN)
        with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as opened:
            write(opened)
        return made

    add(f"archive with {name}", expected, make)


def pickled_npz() -> bytes:
    class Mark:
        def __reduce__(self) -> tuple[Any, ...]:
            return exec, (MARK,)

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
        npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
        opened.writestr("__root__.npy", npy + pickle.dumps(Mark()))
    return stream.getvalue()


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


archive("pickled weights", UNSAFE, lambda z: z.writestr("model.weights.npz", pickled_npz()))
archive("a member above", UNSAFE, lambda z: z.writestr("../marker", "x"))
archive("a member above in assets", UNSAFE, lambda z: z.writestr("assets/../../marker", "x"))
archive("an absolute member", UNSAFE, lambda z: z.writestr("/tmp/marker", "x"))
archive("a member of Windows", UNSAFE, lambda z: z.writestr("..\\marker", "x"))
archive("a drive of Windows", UNSAFE, lambda z: z.writestr("C:/marker", "x"))
archive("a link", UNSAFE, lambda z: z.writestr(linked("assets/link"), "/etc/hostname"))
archive("an unknown member", UNSAFE, lambda z: z.writestr("setup.py", MARK))
archive("a pickle in assets", UNSAFE, lambda z: z.writestr("assets/tokens.pkl", b"\x80\x04N."))
archive("a member in capitals", UNSAFE, lambda z: z.writestr("Config.json", "{}"))
archive("many members", REFUSED, lambda z: [z.writestr(f"assets/{i}", "") for i in range(10_001)])
archive("a bomb in assets", UNSAFE, lambda z: bomb(z, "assets/zeros", 1100))
archive("a bomb as weights", REFUSED, lambda z: bomb(z, "model.weights.h5", 200))
archive("an escape in a member", UNSAFE, lambda z: z.writestr(f"assets{ESCAPE}", "x"))


def bomb(opened: zipfile.ZipFile, name: str, mebibytes: int) -> None:
    with opened.open(name, "w", force_zip64=True) as stream:
        for _ in range(mebibytes):
            stream.write(bytes(1 << 20))


def duplicate(path: Path) -> Path:
    import warnings

    made = keras_zip(path, PLAIN)
    with warnings.catch_warnings(), zipfile.ZipFile(made, "a") as opened:
        warnings.simplefilter("ignore")
        opened.writestr("config.json", json.dumps(sequential(layer("Lambda"))))
    return made


def patched(path: Path, old: bytes, new: bytes) -> Path:
    made = keras_zip(path, PLAIN)
    content = made.read_bytes()
    assert old in content
    made.write_bytes(content.replace(old, new))
    return made


def both(path: Path) -> Path:
    """An HDF5 file with a zip archive behind it."""
    made = keras_h5(path, PLAIN)
    packed = keras_zip(path, sequential(layer("Lambda", {"function": AS_LIST})))
    made.write_bytes(made.read_bytes() + packed.read_bytes())
    return made


def user_block(path: Path) -> Path:
    """A zip archive with HDF5 in it where HDF5's library looks: at byte 512."""
    content = bytearray(keras_zip(path, PLAIN, {"assets/a": bytes(4096)}).read_bytes())
    content[1024:1032] = b"\x89HDF\r\n\x1a\n"
    (path / "model.keras").write_bytes(content)
    return path / "model.keras"


def prefixed(path: Path) -> Path:
    made = keras_zip(path, PLAIN)
    made.write_bytes(b"#!/bin/sh\n" + made.read_bytes())
    return made


def encrypted(path: Path) -> Path:
    made = keras_zip(path, PLAIN)
    content = bytearray(made.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    made.write_bytes(content)
    return made


def bzipped(path: Path) -> Path:
    with zipfile.ZipFile(path / "model.keras", "w", zipfile.ZIP_BZIP2) as opened:
        opened.writestr("metadata.json", '{"keras_version": "3.6.0"}')
        opened.writestr("config.json", json.dumps(PLAIN))
    return path / "model.keras"


add("archive with two configurations", UNSAFE, duplicate)
add("archive and HDF5", REFUSED, both)
add("archive with HDF5 inside", REFUSED, user_block)
add("archive behind other bytes", REFUSED, prefixed)
add("archive that is encrypted", REFUSED, encrypted)
add("archive compressed otherwise", REFUSED, bzipped)
add("archive cut short", REFUSED, lambda path: cut(keras_zip(path, PLAIN)))
add(
    "archive without metadata",
    REFUSED,
    lambda path: patched(path, b"metadata.json", b"metadate.json"),
)
add("archive in a wrong place", REFUSED, lambda path: patched(path, b"PK\x03\x04", b"PK\x03\x05"))


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-30])
    return path


# JSON.

DEEP = "[" * 100_000 + "]" * 100_000
for name, text in {
    "deep": DEEP,
    "deep objects": '{"a":' * 90_000 + "1" + "}" * 90_000,
    "a long number": "1" * 5000,
    "cut": "{",
    "not text": "\udcff",
    "large": " " * (9 << 20),
}.items():
    add(
        f"JSON that is {name}",
        REFUSED,
        lambda path, text=text: (
            keras_zip(path, "", {})
            if False
            else raw_config(path, text.encode("utf-8", "surrogateescape"))
        ),
    )
nesting = '{"class_name":"TFOpLambda","config":{"function":' * 300
for name, text in {
    "of many lists": "[" + "[]," * 2_000_000 + "[]]",
    "of many objects": "[" + "{}," * 2_000_000 + "{}]",
    "of many names": json.dumps([dense(activation=f"a{i}") for i in range(60_000)]),
    "of quadratic cost": nesting + json.dumps("x" * 4_000_000) + "}}" * 300,
    "of nested losses": '{"loss":' * 900 + json.dumps(["mse"] * 500_000) + "}" * 900,
    "of many dangers": json.dumps([function("os", f"s{i}") for i in range(60_000)]),
    "of long names": json.dumps(layer("X" * 7_000_000)),
}.items():
    add(f"JSON {name}", ANY, lambda path, text=text: raw_config(path, text.encode()))


def raw_config(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path / "model.keras", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("metadata.json", '{"keras_version": "3.6.0"}')
        opened.writestr("config.json", content)
    return path / "model.keras"


# HDF5.


def hdf5(name: str, expected: str, fill: Callable[[Any], object]) -> None:
    """Add an .h5 model with something more in it, and a .keras file with that as its weights."""

    def make(path: Path) -> Path:
        made = keras_h5(path, PLAIN)
        with h5py.File(made, "a") as file:
            fill(file)
        return made

    def pack(path: Path) -> Path:
        return keras_zip(path, PLAIN, {"model.weights.h5": make(path).read_bytes()})

    add(f"HDF5 {name}", expected, make)
    add(f"HDF5 {name} in an archive", expected, pack)


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4,))
    file.create_virtual_dataset("v", layout)


def nest(file: Any, depth: int) -> None:
    group = file
    for _ in range(depth):
        group = group.create_group("g")


hdf5("with an external link", UNSAFE, lambda f: f.__setitem__("x", h5py.ExternalLink("/x", "/")))
hdf5(
    "with a deep external link",
    UNSAFE,
    lambda f: f.create_group("a/b/c").__setitem__("x", h5py.ExternalLink("/x", "/")),
)
hdf5(
    "with an external array",
    UNSAFE,
    lambda f: f.create_dataset("raw", (4,), "u1", external=[("/etc/hostname", 0, 4)]),
)
hdf5("with a virtual array", UNSAFE, virtual)
hdf5("with a shape bomb", UNSAFE, lambda f: f.create_dataset("b", (1 << 40,), "f4", chunks=(99,)))
hdf5(
    "with many shape bombs",
    UNSAFE,
    lambda f: [f.create_dataset(f"b{i}", (1 << 28,), "f4", chunks=(99,)) for i in range(20)],
)
hdf5("with a cycle", ANY, lambda f: f.__setitem__("cycle", f["/"]))
hdf5("with a soft link to itself", ANY, lambda f: f.__setitem__("s", h5py.SoftLink("/s")))
hdf5("that is deep", ANY, lambda f: nest(f, 2000))
hdf5("of many groups", ANY, lambda f: [f.create_group(f"g{i}") for i in range(21_000)])
hdf5("with an escape in a name", ANY, lambda f: f.create_group(ESCAPE))
hdf5(
    "with an escape in a link",
    UNSAFE,
    lambda f: f.__setitem__(ESCAPE, h5py.ExternalLink(ESCAPE, "/")),
)


def attribute(path: Path, value: Any) -> Path:
    with h5py.File(path / "model.h5", "w") as file:
        file.attrs["keras_version"] = "2.10.0"
        file.attrs["model_config"] = value
    return path / "model.h5"


def flipped(path: Path) -> Path:
    made = keras_h5(path, PLAIN)
    content = bytearray(made.read_bytes())
    for place in range(90, len(content), 101):
        content[place] ^= 0xFF
    made.write_bytes(content)
    return made


add("HDF5 whose configuration is numbers", REFUSED, lambda p: attribute(p, np.arange(9)))
add("HDF5 whose configuration is no JSON", REFUSED, lambda p: attribute(p, "{"))
add("HDF5 with flipped bits", ANY, flipped)
add("HDF5 cut short", REFUSED, lambda p: cut(keras_h5(p, PLAIN)))
add("HDF5 that is only a signature", REFUSED, lambda p: raw(p, "m.h5", b"\x89HDF\r\n\x1a\n"))

# Other files.


def raw(path: Path, name: str, content: bytes) -> Path:
    (path / name).write_bytes(content)
    return path / name


def fifo(path: Path) -> Path:
    os.mkfifo(path / "model.h5")
    return path / "model.h5"


def block(entries: bytes) -> bytes:
    content = entries + struct.pack("<II", 0, 1)
    return content + bytes(5)


def table(entries: bytes) -> bytes:
    data = block(entries)
    handle = varint(0) + varint(len(data) - 5)
    index = block(b"\0" + varint(1) + varint(len(handle)) + b"z" + handle)
    footer = varint(0) * 2 + varint(len(data)) + varint(len(index) - 5)
    return data + index + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def growing(count: int, size: int) -> bytes:
    found, length = b"", 0
    for _ in range(count):
        found += varint(length) + varint(size) + varint(0) + b"k" * size
        length += size
    return found


def checkpoint(path: Path, entries: bytes) -> Path:
    (path / "c.index").write_bytes(table(entries))
    return path / "c.index"


def linked_shard(path: Path) -> Path:
    made = checkpoint(path, b"\0\0\0")
    (path / "c.data-00000-of-00001").symlink_to("/etc/hostname")
    return made


def fifo_shard(path: Path) -> Path:
    made = checkpoint(path, b"\0\0\0")
    os.mkfifo(path / "c.data-00000-of-00001")
    return made


def tflite(path: Path, buffers: int, entries: int) -> Path:
    """Tables of so many buffers and metadata entries, all of them the same."""
    size = 64 + 4 * (buffers + entries)
    data = bytearray(size + 64)
    data[:8] = struct.pack("<I", 32) + b"TFL3"
    struct.pack_into("<HH7H", data, 8, 18, 16, 0, 0, 0, 0, 4, 0, 8)  # the model's vtable
    struct.pack_into("<iII", data, 32, 24, 20, 24 + 4 * buffers)
    struct.pack_into("<I", data, 56, buffers)
    struct.pack_into("<I", data, 64 + 4 * buffers, entries)
    return raw(path, "m.tflite", bytes(data))


add("FIFO", REFUSED, fifo)
add("device", REFUSED, lambda path: Path("/dev/zero"))
add("checkpoint whose key grows", ANY, lambda path: checkpoint(path, growing(20_000, 120)))
add("checkpoint of many keys", ANY, lambda path: checkpoint(path, b"\0\1\0k" * 400_000))
add("checkpoint with a linked shard", REFUSED, linked_shard)
add("checkpoint with a FIFO shard", REFUSED, fifo_shard)
add("checkpoint with an escape in a key", ANY, lambda p: checkpoint(p, b"\0\x05\0" + b"\x1b[31m"))
add("checkpoint that is only a footer", REFUSED, lambda p: raw(p, "c.index", table(b"")[-48:]))
add("TF-Lite of many tables", ANY, lambda path: tflite(path, 4_000_000, 4_000_000))
add(
    "TF-Lite that points outside",
    REFUSED,
    lambda p: raw(p, "m.tflite", b"\xff\xff\xff\x7fTFL3" * 9),
)
add("pickle", REFUSED, lambda path: raw(path, "m.pkl", pickle.dumps({"a": 1})))
add("empty file", REFUSED, lambda path: raw(path, "m.keras", b""))
add("random bytes", REFUSED, lambda path: raw(path, "m.h5", bytes(range(256)) * 16))
add("escape in the path", REFUSED, lambda path: raw(path, f"m{ESCAPE}.h5", b"x"))
add("escape in a class", ANY, lambda path: keras_zip(path, sequential(layer(f"Mine{ESCAPE}"))))
add(
    "escape in the version",
    ANY,
    lambda path: raw(path, "m.json", json.dumps(PLAIN | {"keras_version": ESCAPE}).encode()),
)
add(
    "escape in an op",
    UNSAFE,
    lambda p: saved_model(p, meta_graph(graph_def(node_def("x", ESCAPE)))),
)
add(
    "escape in TensorFlow's version",
    ANY,
    lambda path: saved_model(path, meta_graph(plain_graph, version=ESCAPE)),
)

# The marks of an expectation that is the user's own class, which is not in the file.
configured("user's own class", layer("Mine", {}, module="__main__", registered_name="p>Mine"), ANY)
configured("user's own function", dense(activation=function("builtins", "my_own")), ANY)


def main() -> None:
    """Write every kind into a folder of its own."""
    for name, (_, write) in KINDS.items():
        folder = Path(sys.argv[1]) / name.replace("/", "_")
        folder.mkdir(parents=True)
        write(folder)
    print(f"{len(KINDS)} kinds")


if __name__ == "__main__":
    main()
