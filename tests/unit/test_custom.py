"""Classes that are not of Keras: named whole, and with the package that brings them."""

import json

import pytest

from harness.errors import UsageError
from harness.formats.allowed import HARMLESS, YOURS, judge_bare, judge_node
from harness.formats.packages import PACKAGES, find_package
from harness.origin.who_wrote import read_origin
from harness.report.model_file import describe_origin
from tests.formats.hostile.base import graph_def, layer, meta_graph, node_def, saved_model
from tests.formats.hostile.base import sequential as make_sequential


def write(path, *layers):
    path.write_text(json.dumps(make_sequential(*layers) | {"keras_version": "2.10.0"}))
    return path


def test_names_of_keras_are_not_called_yours():
    for name in ("ConvLSTMCell", "categorical_crossentropy", "GlorotUniformV2", "CuDNNLSTM"):
        assert judge_bare(name) == HARMLESS
        assert judge_node({"class_name": name, "config": {}}) == HARMLESS
    node = {"class_name": "function", "config": "categorical_crossentropy", "module": "builtins"}
    assert judge_node(node) == HARMLESS
    assert judge_bare("weighted_categorical_crossentropy") == YOURS


def test_more_classes_than_are_shown_are_all_kept_and_whole(tmp_path):
    names = [f"Mine{number}" for number in range(30)] + ["Long" * 30]
    origin = read_origin(write(tmp_path / "model.json", *map(layer, names)))
    assert list(origin.custom) == names
    said = "\n".join(describe_origin(origin, origin.path))
    assert "Mine19 and 11 more" in said
    assert "Mine20" not in said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([f"Mine{number}" for number in range(1200)], "more than 1000 classes"),
        (["M" * 5000], "a class of 5000 characters"),
    ],
    ids=["many", "long"],
)
def test_more_names_than_a_model_has_are_refused(tmp_path, names, said):
    path = write(tmp_path / "model.json", *map(layer, names))
    with pytest.raises(UsageError) as refused:
        read_origin(path)
    assert said in refused.value.found


@pytest.mark.parametrize(
    ("node", "package"),
    [
        (layer("QDense"), "qkeras"),
        (layer("QDense", module="hgq.layers.core", registered_name="hgq>QDense"), "hgq2"),
        (layer("HGQ>HDense"), "HGQ"),
        (layer("KerasLayer"), "tensorflow-hub"),
        (layer("Addons>GELU"), "tensorflow-addons"),
        (layer("keras_nlp>TransformerEncoder"), "keras-nlp"),
        (
            layer("Backbone", module="keras_hub.src.models", registered_name="keras_hub>Backbone"),
            "keras-hub",
        ),
        (layer("keras_cv.models>SegmentAnythingModel"), "keras-cv"),
        (layer("GradientBoostedTreesModel"), "tensorflow-decision-forests"),
        (layer("MyDense"), None),
        (layer("QDense", module="my_layers", registered_name="QDense"), None),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else str(value),
)
def test_a_package_is_known_by_module_registered_name_or_class(tmp_path, node, package):
    assert find_package(node, node["class_name"]) == package
    origin = read_origin(write(tmp_path / "model.json", node))
    said = "\n".join(describe_origin(origin, origin.path))
    assert (f"pip install {package}" in said) is (package is not None)
    assert package is None or PACKAGES[package].line in said


def test_ops_of_decision_forests_name_their_package(tmp_path):
    graph = graph_def(node_def("x", "SimpleMLInferenceOpWithHandle"))
    origin = read_origin(saved_model(tmp_path, meta_graph(graph)))
    assert origin.packages == ("tensorflow-decision-forests",)
    assert origin.dangers  # the op may do anything


def test_a_registered_name_in_the_class_name_is_read_once():
    node = layer("Addons>F1Score", module="keras.src.metrics", registered_name=None)
    assert judge_node(node) != HARMLESS  # it went round for ever
