"""The code that `env for` prints for a file that Keras does not load runs, in this TensorFlow."""

import base64
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from harness.origin.who_wrote import read_origin
from harness.report.model_file import advise_without_model
from tests.formats.hostile.base import graph_def, node_def, tag

pytestmark = pytest.mark.tensorflow
FLOAT = b"\x30\x01"  # AttrValue.type, DT_FLOAT
TEXT = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
"""


def test_a_frozen_graph_runs_by_the_code_that_is_printed(tmp_path):
    (tmp_path / "g.pb").write_bytes(
        graph_def(
            node_def("x", "Placeholder") + tag(5, tag(1, "dtype") + tag(2, FLOAT)),
            node_def("y", "Neg", "x") + tag(5, tag(1, "T") + tag(2, FLOAT)),
        )
    )
    (tmp_path / "g.pbtxt").write_text(TEXT)
    np.savez(tmp_path / "w.npz", kernel=np.full((3, 2), 7, "float32"), bias=np.zeros(2, "float32"))
    code = ["inputs = [1.5]"]
    for name in ("g.pb", "g.pbtxt"):
        code += find_code(advise_without_model(read_origin(tmp_path / name)))
    manifest = [{"name": "w", "shape": [2], "dtype": "float32"}]
    quantized = {"dtype": "uint8", "min": -1.0, "scale": 0.5}
    manifest.append({"name": "q", "shape": [1], "dtype": "float32", "quantization": quantized})
    (tmp_path / "w.bin").write_bytes(np.array([3, 4], "float32").tobytes() + b"\x06")
    real = {"type": "DT_FLOAT"}
    spec = {
        "signature": {"inputs": {"x": {"name": "x:0"}}, "outputs": {"y": {"name": "y:0"}}},
        "weightsManifest": [{"paths": ["w.bin"], "weights": manifest}],
        "modelTopology": {
            "node": [
                {"name": "x", "op": "Placeholder", "attr": {"dtype": real}},
                *({"name": n, "op": "Const", "attr": {"dtype": real}} for n in ("w", "q")),
                {"name": "h", "op": "AddV2", "input": ["x", "w"], "attr": {"T": real}},
                {"name": "y", "op": "AddV2", "input": ["h", "q"], "attr": {"T": real}},
            ]
        },
    }
    (tmp_path / "model.json").write_text(json.dumps(spec))
    code += find_code(advise_without_model(read_origin(tmp_path / "model.json")))
    code += ["model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])"]
    code += find_code(advise_without_model(read_origin(tmp_path / "w.npz")))
    code += ["print(model.get_weights()[0].sum())"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert answers[:3] == ["[-1.5]", "[-1.5]", "[6.5 7.5]"]
    assert answers[-1] == "42.0"


def test_ops_that_tensorflow_js_fuses_are_taken_apart_by_the_code_that_is_printed(tmp_path):
    real, ones = {"type": "DT_FLOAT"}, {"list": {"i": ["1", "1", "1", "1"]}}
    steps = [base64.b64encode(each).decode() for each in (b"BiasAdd", b"Relu6")]
    fused = {"T": real, "num_args": {"i": "1"}, "fused_ops": {"list": {"s": steps}}}
    same = {"padding": {"s": "U0FNRQ=="}, "data_format": {"s": "TkhXQw=="}}
    filters, bias = np.array([[[[3], [-1]]]], "float32"), np.array([[0.5, 4]], "float32")
    spec = {
        "signature": {"inputs": {"x": {"name": "x:0"}}, "outputs": {"y": {"name": "y:0"}}},
        "weightsManifest": [
            {
                "paths": ["w.bin"],
                "weights": [
                    {"name": "f", "shape": [1, 1, 2, 1], "dtype": "float32"},
                    {"name": "b", "shape": [2], "dtype": "float32"},
                    {"name": "k", "shape": [2, 2], "dtype": "float32"},
                    {"name": "wide", "shape": [1, 2], "dtype": "float32"},
                ],
            }
        ],
        "modelTopology": {
            "node": [
                {"name": "x", "op": "Placeholder", "attr": {"dtype": real}},
                *(
                    {"name": n, "op": "Const", "attr": {"dtype": real}}
                    for n in ("f", "b", "k", "wide")
                ),
                {
                    "name": "d",
                    "op": "FusedDepthwiseConv2dNative",
                    "input": ["x", "f", "b"],
                    "attr": fused | same | {"strides": ones, "dilations": ones},
                },
                {
                    "name": "mean",
                    "op": "Squeeze",
                    "input": ["d"],
                    "attr": {"T": real, "squeeze_dims": {"list": {"i": ["1", "2"]}}},
                },
                {
                    "name": "y",
                    "op": "_FusedMatMul",
                    "input": ["mean", "k", "wide"],
                    "attr": fused | {"fused_ops": {"list": {"s": steps[:1]}}},
                },
            ]
        },
    }
    kernel = np.eye(2, dtype="float32")
    content = [filters, bias[0], kernel, bias]
    (tmp_path / "w.bin").write_bytes(b"".join(each.tobytes() for each in content))
    (tmp_path / "model.json").write_text(json.dumps(spec))
    code = ["import numpy as np", "inputs = np.array([[[[1, 1]]], [[[9, 9]]]], 'float32')"]
    code += find_code(advise_without_model(read_origin(tmp_path / "model.json")))
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"},  # as on a processor without oneDNN
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[[4.", "7.", "]", "[6.5", "4.", "]]"]


def find_code(advice):
    """The lines of an answer that are code."""
    return [line[2:] for line in advice if line.startswith("  ")]
