"""Files that Keras does not load: recognised, placed by what they say, with advice as code."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.environments.releases import RELEASES
from harness.errors import UsageError
from harness.formats.facts import (
    FROZEN_GRAPH,
    META_GRAPH,
    NUMPY_WEIGHTS,
    SAVED_MODEL_TEXT,
    TFJS_GRAPH,
    TFJS_LAYERS,
)
from harness.origin.graph_versions import PRODUCERS, choose_by_producer
from harness.origin.who_wrote import read_origin
from harness.report.model_file import advise_without_model, describe_origin
from tests.formats.hostile.base import graph_def, meta_graph, node_def, tag, varint

CHECKPOINT = PACKAGED / "version/artifacts/checkpoint_across_keras/artifact"
GRAPH = graph_def(
    node_def("x", "Placeholder"),
    node_def("weights", "Const"),
    node_def("y", "MatMul", "x", "weights"),
    node_def("init", "NoOp", "^y"),
)
TEXT = """node {
  name: "x"
  op: "Placeholder"
}
node {
  name: "y"
  op: "Neg"
  input: "x"
}
versions {
  producer: 716
}
"""
SAVED_TEXT = """saved_model_schema_version: 1
meta_graphs {
  meta_info_def {
    tensorflow_version: "1.15.0"
  }
  graph_def { node { name: "save" op: "SaveV2" } }
}
"""


def versions(producer):
    return tag(4, b"\x08" + varint(producer))


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refuse(path):
    with pytest.raises(UsageError) as refused:
        read_origin(path)
    return refused.value


def test_a_frozen_graph_is_placed_by_its_producer_and_run_by_its_own_names(tmp_path):
    origin = read_origin(write(tmp_path / "frozen.pb", GRAPH + versions(808)))
    assert (origin.format, origin.releases) == (FROZEN_GRAPH, ("2.6",))
    assert "versions.producer 808 is that of TensorFlow 2.6" in origin.evidence
    assert not origin.holds_model
    assert not origin.dangers
    advice = "\n".join(advise_without_model(origin))
    assert "import_graph_def" in advice
    assert "session.run('y:0', {'x:0': inputs})" in advice


def test_a_graph_without_a_producer_is_of_any_release(tmp_path):
    origin = read_origin(write(tmp_path / "frozen.pb", GRAPH))
    assert origin.releases == ()
    assert "of any release" in describe_origin(origin, origin.path)[0]
    assert "nothing in the graph tells" in origin.evidence[0]


def test_a_graph_is_known_by_its_content_whatever_its_suffix(tmp_path):
    assert read_origin(write(tmp_path / "graph.bin", GRAPH)).format == FROZEN_GRAPH
    assert "is not a model file" in refuse(write(tmp_path / "notes.bin", b"\n\n\n\n")).found


def test_a_graph_that_reaches_files_or_python_is_unsafe_and_variables_are_told(tmp_path):
    graph = graph_def(node_def("p", "PyFunc"), node_def("v", "VariableV2"))
    origin = read_origin(write(tmp_path / "g.pb", graph))
    assert "PyFunc" in origin.dangers[0]
    assert "not frozen" in " ".join(origin.evidence)
    text = TEXT.replace("Neg", "WriteFile")
    assert "WriteFile" in read_origin(write(tmp_path / "g.pbtxt", text)).dangers[0]


def test_a_graph_as_text_is_read_like_the_other(tmp_path):
    origin = read_origin(write(tmp_path / "g.pbtxt", TEXT))
    assert (origin.format, origin.releases, origin.dangers) == (FROZEN_GRAPH, ("2.5",), ())
    advice = "\n".join(advise_without_model(origin))
    assert "text_format.Parse" in advice
    assert "session.run('y:0', {'x:0': inputs})" in advice


def test_a_meta_graph_names_its_release_and_whether_its_weights_are_there(tmp_path):
    path = write(tmp_path / "m.ckpt-7.meta", meta_graph(GRAPH + versions(26), version="1.8.0"))
    origin = read_origin(path)
    assert (origin.format, origin.releases[0]) == (META_GRAPH, "1.15")
    assert "the weights are not beside it" in " ".join(origin.evidence)
    assert f"saver.restore(session, '{tmp_path}/m.ckpt-7')" in "\n".join(
        advise_without_model(origin)
    )
    write(tmp_path / "m.ckpt-7.index", b"")
    assert "not beside it" not in " ".join(read_origin(path).evidence)


def test_a_saved_model_as_text_or_under_another_name_is_told(tmp_path):
    (tmp_path / "model").mkdir()
    path = write(tmp_path / "model" / "saved_model.pbtxt", SAVED_TEXT)
    for given in (path, path.parent):
        origin = read_origin(given)
        assert (origin.format, origin.path) == (SAVED_MODEL_TEXT, path.parent)
        assert (origin.releases, origin.dangers) == (("1.15",), ())
    assert "tf.saved_model.load" in "\n".join(advise_without_model(origin))
    assert "name it saved_model.pbtxt" in refuse(write(tmp_path / "x.pbtxt", SAVED_TEXT)).tip
    saved = b"\x08\x01" + tag(2, meta_graph(GRAPH))
    assert "name it saved_model.pb" in refuse(write(tmp_path / "x.pb", saved)).tip


def test_a_graph_that_is_cut_off_and_onnx_are_told(tmp_path):
    assert "cut off" in refuse(write(tmp_path / "g.pb", GRAPH[:-9])).found
    onnx = b"\x08\x07" + tag(2, "pytorch") + tag(7, b"")
    assert "ONNX" in refuse(write(tmp_path / "g.pb", onnx)).found


def test_the_file_checkpoint_leads_to_the_checkpoint_beside_it(tmp_path):
    state = 'model_checkpoint_path: "/home/who/train/ckpt-1"\nall_model_checkpoint_paths: "x"\n'
    path = write(tmp_path / "checkpoint", state)
    error = refuse(path)
    assert "names the checkpoint ckpt-1, which is not beside it" in error.found
    assert ".index" in error.tip
    for each in CHECKPOINT.glob("ckpt-1.*"):
        write(tmp_path / each.name, each.read_bytes())
    assert read_origin(path).path == tmp_path / "ckpt-1"
    for name in ("checkpoint", "..", "a/"):
        assert (
            "names no checkpoint" in refuse(write(path, f'model_checkpoint_path: "{name}"')).found
        )


def test_arrays_are_named_by_shape_and_what_needs_unpickling_is_unsafe(tmp_path):
    np.savez(tmp_path / "w.npz", kernel=np.zeros((3, 2)), bias=np.zeros(2))
    origin = read_origin(tmp_path / "w.npz")
    assert (origin.format, origin.releases, origin.dangers) == (NUMPY_WEIGHTS, (), ())
    assert origin.evidence[0] == "2 arrays: kernel (3, 2), bias (2)"
    assert "set_weights" in "\n".join(advise_without_model(origin))
    np.savez(tmp_path / "p.npz", a=np.array([{}], dtype=object))
    assert "unpickling" in read_origin(tmp_path / "p.npz").dangers[0]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00\xff\xff{'shape': " + b"(" * 60_000)
    assert "damaged" in refuse(write(tmp_path / "d.npz", file.getvalue())).found


def tflite(custom):
    """A model of TF-Lite with one operator of that name, and no metadata."""
    table = struct.pack("<HHHH", 8, 8, 0, 4)  # a vtable with field 1 only
    name = custom.encode()
    return (
        struct.pack("<I4s", 16, b"TFL3") + table + struct.pack("<iI", 8, 4)
        + struct.pack("<II", 1, 12) + table + struct.pack("<iI", 8, 4)
        + struct.pack("<I", len(name)) + name + b"\0"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("edgetpu-custom-op", "load_delegate('libedgetpu.so.1')"),
        ("TFSentencepieceTokenizeOp", "SELECT_TFTEXT_OPS"),
        ("MaxUnpooling2D", "pip install mediapipe"),
        ("BesselI0e", "SELECT_TF_OPS"),
        ("MyOp", "MyOp needs the delegate or the library"),
        ("TFLite_Detection_PostProcess", "model.invoke()"),
        ("FlexErf", "model.invoke()"),
    ],
)
def test_tflite_without_metadata_is_of_any_release_and_each_custom_op_has_its_maker(
    tmp_path, name, said
):
    origin = read_origin(write(tmp_path / "m.tflite", tflite(name)))
    assert origin.releases == ()
    assert any("nothing in the file tells" in each for each in origin.evidence)
    lines = advise_without_model(origin)
    assert said in "\n".join(lines)
    assert "libedgetpu" not in "\n".join(lines) or name == "edgetpu-custom-op"
    assert all(len(each) <= 80 for each in lines if str(tmp_path) not in each)


DENSE = {"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [None, 3]}}
WEIGHTS = [{"paths": ["group1-shard1of1.bin"], "weights": []}]
LAYERS = {
    "format": "layers-model",
    "convertedBy": "TensorFlow.js Converter v4.10.0",
    "modelTopology": {
        "keras_version": "2.13.1",
        "model_config": {"class_name": "Sequential", "config": {"layers": [DENSE]}},
    },
    "weightsManifest": WEIGHTS,
}
TEACHABLE = {
    "modelTopology": {
        "class_name": "Sequential",
        "config": [DENSE],
        "keras_version": "tfjs-layers 1.7.4",
    },
    "weightsManifest": WEIGHTS,
}
NODES = [{"name": "x", "op": "Placeholder"}, {"name": "y", "op": "_FusedMatMul"}]
JS_GRAPH = {
    "format": "graph-model",
    "generatedBy": "2.9.1",
    "signature": {"inputs": {"a": {"name": "x:0"}}, "outputs": {"b": {"name": "y:0"}}},
    "modelTopology": {"node": NODES, "versions": {"producer": 440}},
    "weightsManifest": WEIGHTS,
}


def test_a_layers_model_of_tensorflow_js_names_its_keras(tmp_path):
    path = write(tmp_path / "model.json", json.dumps(LAYERS))
    origin = read_origin(tmp_path)  # the folder that was downloaded
    assert (origin.path, origin.format, origin.releases) == (path, TFJS_LAYERS, ("2.13",))
    assert (origin.custom, origin.dangers) == ((), ())
    assert "not beside it: group1-shard1of1.bin" in " ".join(origin.evidence)
    write(tmp_path / "group1-shard1of1.bin", b"")
    assert "not beside" not in " ".join(read_origin(path).evidence)
    assert "model_from_json" in "\n".join(advise_without_model(origin))
    write(path, json.dumps(TEACHABLE))
    assert "TensorFlow.js itself wrote the model" in " ".join(read_origin(path).evidence)


def test_a_graph_model_of_tensorflow_js_names_its_tensorflow_or_its_producer(tmp_path):
    path = write(tmp_path / "model.json", json.dumps(JS_GRAPH))
    origin = read_origin(path)
    assert (origin.format, origin.releases, origin.dangers) == (TFJS_GRAPH, ("2.9",), ())
    assert "session.run('y:0', {'x:0': inputs})" in "\n".join(advise_without_model(origin))
    write(path, json.dumps(JS_GRAPH | {"generatedBy": None}))
    assert read_origin(path).releases == ("2.3",)
    nodes = [*NODES, {"name": "z", "op": "PyFunc"}, {"name": "p", "op": "Prelu"}]
    write(path, json.dumps(JS_GRAPH | {"modelTopology": {"node": nodes}}))
    origin = read_origin(path)
    assert "PyFunc" in origin.dangers[0]
    assert len(origin.dangers) == 1
    assert "only TensorFlow.js has its ops Prelu" in origin.evidence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"modelTopology": []}, "holds no model"),
        ({"modelTopology": {"node": [1]}}, "has no op"),
        ({"weightsManifest": [{"paths": ["../../secret"]}]}, "which is no name of a file"),
    ],
    ids=["no model", "no op", "elsewhere"],
)
def test_what_tensorflow_js_never_writes_is_refused(tmp_path, change, said):
    assert said in refuse(write(tmp_path / "model.json", json.dumps(LAYERS | change))).found


def test_every_release_that_can_be_built_has_its_producer():
    assert {name for name in RELEASES if name != "nightly"} <= PRODUCERS.keys()


@pytest.mark.parametrize(
    ("producer", "releases", "said"),
    [
        (0, [], "nothing in the graph tells"),
        (2, ["1.15"], "older than TensorFlow 1.0"),
        (26, ["1.15"], "that of TensorFlow 1.6 to 1.10; 1.15 reads its graphs"),
        (134, ["1.15"], "that of TensorFlow 1.15"),
        (119, ["2.0"], "that of TensorFlow 2.0"),
        (175, ["2.2", "2.1"], "that of TensorFlow 2.1 to 2.2"),
        (600, ["2.5"], "between TensorFlow 2.4 and 2.5"),
        (2474, ["2.21"], "that of TensorFlow 2.21"),
        (9999, ["nightly"], "newer than TensorFlow 2.21"),
    ],
)
def test_a_producer_leads_to_its_release_or_says_what_lies_around(producer, releases, said):
    found, reason = choose_by_producer(producer)
    assert found == releases
    assert said in reason


def test_a_file_of_no_known_writer_is_recorded_without_releases(cli, tmp_path):
    np.savez(tmp_path / "w.npz", kernel=np.zeros((3, 2)))
    ended = cli("env", "for", "w.npz", "--json", "-")
    ended.assert_ran(0)
    assert json.loads(ended.stdout)["releases"] == []
    assert cli("env", "for", "w.npz").stdout.splitlines()[-1].endswith("env add 2.21")
