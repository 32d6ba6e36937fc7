"""What every specimen is made with: configurations, archives, HDF5, and Protocol Buffers."""

import base64
import json
import marshal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

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


def raw_config(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path / "model.keras", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("metadata.json", '{"keras_version": "3.6.0"}')
        opened.writestr("config.json", content)
    return path / "model.keras"


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-30])
    return path


def raw(path: Path, name: str, content: bytes) -> Path:
    (path / name).write_bytes(content)
    return path / name


AS_LIST = [CODE, None, None]
PLAIN = sequential(dense())
plain_graph = graph_def(node_def("x", "Placeholder"))
