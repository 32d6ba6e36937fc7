"""The readers that are fuzzed: seeds, and how mutated bytes become a file that `diagnose` reads."""

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.catalog.load import PACKAGED
from harness.diagnose.evaluation.corpus_files import dense, describe, write_archive, write_h5
from harness.diagnose.evaluation.corpus_models import ARCHITECTURES
from harness.formats.wire import find_messages
from tests.formats.hostile.base import PLAIN, meta_graph, plain_graph, sequential, tag
from tests.formats.hostile.lite import KERNEL, dense_model, lite
from tests.formats.hostile.others import table
from tests.formats.hostile.weights import describe as describe_npy
from tests.formats.hostile.weights import entry, npy, tensor
from tests.formats.specimens import KINDS

REPOSITORY = Path(__file__).resolve().parents[3]
ARTIFACTS = PACKAGED / "version" / "artifacts"
METADATA = b'{"keras_version": "3.6.0"}'
Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Reader:
    """One reader. `write` makes the file from mutated bytes; `seeds`: whole ones.

    `in_c`: HDF5's library reads the bytes, so that a damaged file may end the process.
    `samples`: whether arrays are given beside the file.
    """

    write: Callable[[Path, bytes], Path]
    seeds: Callable[[Path], list[bytes]]
    in_c: bool = False
    samples: bool = False


def plain_file(name: str) -> Callable[[Path, bytes], Path]:
    def write(folder: Path, data: bytes) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def weights_of(path: Path) -> bytes:
    with zipfile.ZipFile(path) as opened:
        return opened.read("model.weights.h5")


def made_models(folder: Path) -> list[Path]:
    """Return a small healthy model of each architecture, as .keras and as .h5."""
    found = []
    for name, make in ARCHITECTURES.items():
        layers, _ = make(np.random.default_rng(0))
        found += [write_archive(folder / f"{name}.keras", layers)]
        found += [write_h5(folder / f"{name}.h5", layers, 3, (np.ones(3),))]
    return found


def committed(pattern: str, most: int = 40_000) -> list[bytes]:
    """Return small files that real releases wrote."""
    found = sorted(each for each in ARTIFACTS.rglob(pattern) if each.is_file())
    return [each.read_bytes() for each in found if each.stat().st_size < most]


def configs(folder: Path) -> list[bytes]:
    """Return configurations: of made models, of real ones, and hostile ones."""
    found = []
    for path in [*made_models(folder), *ARTIFACTS.rglob("*.keras")]:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as opened:
                found.append(opened.read("config.json"))
    for name, (_, write) in KINDS.items():
        if name.startswith(("keras ", "node ", "layer ", "call ")):
            (folder / "kind").mkdir(exist_ok=True)
            path = write(folder / "kind")
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as opened:
                    found.append(opened.read("config.json"))
    return [each for each in found if len(each) < 20_000]


ODD: list[Any] = [
    None, True, 0, -1, 1, 2, 3.5, 1 << 70, float("nan"), float("inf"), "", "x", "relu", "Dense",
    "\ud800", "\x1b[31m", "<b>", [], {}, [[]], [None], [0, 0], [[["x", 0, 0]]], {"class_name": 1},
    {"class_name": "Dense", "config": None}, {"config": {}}, [1] * 40, "a" * 3000, "mine>X",
]  # fmt: skip


def disturb(data: bytes, seeds: list[bytes]) -> Any:
    """Return a configuration with a few values replaced, dropped or doubled, chosen by `data`."""
    chance = random.Random(data)
    root = [json.loads(chance.choice(seeds))]
    for _ in range(chance.randint(1, 4)):
        places = list(iterate_places(root))
        holder, key = chance.choice(places)
        action = chance.random()
        if action < 0.7:
            holder[key] = deepcopy(chance.choice(ODD))
        elif action < 0.8 and holder is not root:
            del holder[key]
        else:
            holder[key] = deepcopy([holder[key]] * 2) if action < 0.9 else {"config": holder[key]}
    return root[0]


def iterate_places(root: Any) -> Any:
    waiting = [root]
    while waiting:
        each = waiting.pop()
        keys = range(len(each)) if isinstance(each, list) else list(each)
        for key in keys:
            yield each, key
            if isinstance(each[key], dict | list):
                waiting.append(each[key])


@cache
def read_models(folder: Path) -> list[tuple[bytes, bytes, Any]]:
    """Return configuration, weights and inputs of each made model."""
    found = []
    for path in made_models(folder):
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as opened:
                weights, config = opened.read("model.weights.h5"), opened.read("config.json")
            inputs = ARCHITECTURES[path.stem](np.random.default_rng(0))[1]
            found.append((config, weights, inputs))
    return found


def disturbed_model(folder: Path, data: bytes) -> Path:
    """Write a model with weights whose configuration is disturbed; inputs lie beside it."""
    models = read_models(folder)
    config, weights, inputs = models[data[0] % len(models) if data else 0]
    np.save(folder / "inputs.npy", inputs[:4])
    np.save(folder / "expected.npy", np.ones((4, 1)))
    changed = json.dumps(disturb(data, [config])).encode()
    (folder / "m.keras").write_bytes(
        archive(metadata__json=METADATA, config__json=changed, model__weights__h5=weights)
    )
    return folder / "m.keras"


def in_archive(folder: Path, data: bytes) -> Path:
    config = json.dumps(describe(small())).encode()
    content = archive(metadata__json=METADATA, config__json=config, model__weights__h5=data)
    return plain_file("m.keras")(folder, content)


def small() -> list[Any]:
    return [dense("a", np.ones((3, 4), "f4"), np.zeros(4, "f4")), dense("b", np.eye(4), np.ones(4))]


def saved_model(name: str) -> Callable[[Path, bytes], Path]:
    def write(folder: Path, data: bytes) -> Path:
        place = folder / "saved"
        (place / "variables").mkdir(parents=True, exist_ok=True)
        (place / "saved_model.pb").write_bytes(b"\x08\x01" + tag(2, meta_graph(plain_graph)))
        (place / name).write_bytes(data)
        return place

    return write


def checkpoint(folder: Path, data: bytes) -> Path:
    (folder / "c.index").write_bytes(data)
    (folder / "c.data-00000-of-00001").write_bytes(bytes(range(256)) * 8)
    return folder / "c.index"


def checkpoint_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    names = (b"w/.ATTRIBUTES/VARIABLE_VALUE", b"optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE")
    head = entry(b"", b"\x08\x01")
    made = [table(head + entry(names[0], tensor(1, (4,), 0, 16))), table(head)]
    made.append(table(head + entry(names[1], tensor(9, (), 0, 8))))
    return made + committed("*.index")


def metadata_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    node = tag(3, "root") + tag(4, "_tf_keras_sequential") + tag(5, json.dumps(PLAIN))
    return [tag(1, node), *committed("keras_metadata.pb")]


def graph_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    return [b"\x08\x01" + tag(2, meta_graph(plain_graph)), *committed("saved_model.pb")]


def frozen_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    """Return the graphs inside real SavedModels."""
    files = committed("saved_model.pb", 400_000)
    graphs = [bytes(each) for file in files for each in find_messages(memoryview(file), 2, 2)]
    return [plain_graph, *(each for each in graphs if len(each) < 40_000)]


def npz_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    whole = npy(describe_npy("'<f4'", "(2,)"), struct.pack("<2f", 1, 2))
    return [archive(a__npy=whole, b__npy=whole), whole]


def lite_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    files = [each.read_bytes() for each in (REPOSITORY / "tests/data/tflite").glob("*.tflite")]
    return [*files, lite(dense_model(KERNEL))]


def hdf5_seeds(folder: Path) -> list[bytes]:
    made = [path.read_bytes() for path in made_models(folder) if path.suffix == ".h5"]
    return [*made, *committed("*.h5")]


def weights_seeds(folder: Path) -> list[bytes]:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.ones((99, 9)), compression="gzip")
    made = [path for path in made_models(folder) if path.suffix == ".keras"]
    return [stream.getvalue(), *(weights_of(path) for path in made), *committed("*.weights.h5")]


def archive_seeds(folder: Path) -> list[bytes]:
    made = [path.read_bytes() for path in made_models(folder) if path.suffix == ".keras"]
    return [*made, *committed("*.keras")]


def config_seeds(folder: Path) -> list[bytes]:
    return configs(folder)


def write_config(folder: Path, data: bytes) -> Path:
    return plain_file("m.keras")(folder, archive(metadata__json=METADATA, config__json=data))


def code_seeds(folder: Path) -> list[bytes]:  # noqa: ARG001
    return [each.read_bytes() for each in sorted(PACKAGED.glob("restore/*.py"))[:30]]


READERS: dict[str, Reader] = {
    ".keras: the zip archive": Reader(plain_file("m.keras"), archive_seeds, in_c=True),
    ".keras: config.json": Reader(write_config, config_seeds),
    ".keras: values of its configuration": Reader(
        disturbed_model,
        lambda _: [bytes([n]) * 4 for n in range(9)],
        samples=True,
    ),
    ".keras: model.weights.h5": Reader(in_archive, weights_seeds, in_c=True),
    ".h5": Reader(plain_file("m.h5"), hdf5_seeds, in_c=True),
    "SavedModel: saved_model.pb": Reader(saved_model("saved_model.pb"), graph_seeds),
    "SavedModel: keras_metadata.pb": Reader(saved_model("keras_metadata.pb"), metadata_seeds),
    "checkpoint: the index": Reader(checkpoint, checkpoint_seeds),
    "TF-Lite": Reader(plain_file("m.tflite"), lite_seeds),
    "architecture as JSON": Reader(
        plain_file("m.json"), lambda folder: [json.dumps(sequential()).encode(), *configs(folder)]
    ),
    "frozen graph": Reader(plain_file("m.pb"), frozen_seeds),
    "graph as text": Reader(
        plain_file("m.pbtxt"),
        lambda folder: [b'node { name: "x" op: "Relu" }'],  # noqa: ARG005
    ),
    ".npz: an array": Reader(
        lambda folder, data: plain_file("m.npz")(folder, archive(a__npy=data)),
        lambda folder: npz_seeds(folder)[1:],
    ),
    "--inputs": Reader(plain_file("x.npz"), npz_seeds),
    "--code": Reader(plain_file("m.py"), code_seeds),
}
