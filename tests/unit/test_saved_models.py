"""SavedModels of TensorFlow 1, without a signature or a version, and with values missing."""

import pytest

from harness.origin.likely_releases import choose_by_tensorflow
from harness.origin.restore import RestoredModel
from harness.origin.who_wrote import read_origin
from harness.report.model_file import spell_load
from tests.formats.hostile.base import (
    graph_def,
    meta_graph,
    node_def,
    saved_model,
    saver_def,
    tag,
    varint,
)
from tests.unit.test_checkpoints import write_checkpoint

X = graph_def(node_def("x", "Placeholder"))
RESTORING = graph_def(node_def("restore", "RestoreV2"))
OBJECTS = tag(7, b"")


def call_by(*names):
    """A SavedModel's signatures of these names."""
    outputs = tag(2, tag(1, "y") + tag(2, tag(1, "x:0")))
    return b"".join(tag(5, tag(1, name) + tag(2, outputs)) for name in names)


def test_a_saved_model_without_a_signature_is_told_how_it_is_called(tmp_path, cli):
    bare = saved_model(tmp_path, meta_graph(X, version="1.12.0"))
    ended = cli("env", "for", bare)
    ended.assert_ran(0)
    assert f"tf.compat.v2.saved_model.load('{bare}')" in ended.stdout
    assert "loaded.prune(" in ended.stdout
    assert not (tmp_path / "environments").exists()
    (tmp_path / "two").mkdir()
    of_objects = saved_model(tmp_path / "two", meta_graph(X, OBJECTS))
    assert "loaded.NAME(...)" in cli("env", "for", of_objects).stdout


def test_signatures_of_any_name_make_a_model_and_those_of_the_loader_do_not(tmp_path):
    named = call_by("predict_images", "__saved_model_init_op")
    origin = read_origin(saved_model(tmp_path, meta_graph(X, named)))
    assert origin.signatures == ("predict_images",)
    assert origin.holds_model


@pytest.mark.parametrize(
    ("tensorflow", "call"),
    [
        ("2.21.0", "tf.saved_model.load("),
        ("1.15.0", "tf.compat.v1.enable_eager_execution(); call = tf.compat.v2.saved_model.load("),
    ],
)
def test_the_line_that_loads_names_the_signature_and_suits_the_release(tmp_path, tensorflow, call):
    origin = read_origin(saved_model(tmp_path, meta_graph(X, call_by("predict"))))
    there = RestoredModel(signature="predict", versions={"tensorflow": tensorflow})
    said = spell_load(origin, there, None)
    assert said.startswith(call)
    assert said.endswith(".signatures['predict']")


@pytest.mark.parametrize(
    ("rest", "release", "span"),
    [(b"", "1.15", "1.0 to 1.15"), (OBJECTS, "2.21", "1.15 to 2.21")],
    ids=["TensorFlow 1", "objects"],
)
def test_a_saved_model_without_a_version_is_placed_by_its_object_graph(
    tmp_path, rest, release, span
):
    origin = read_origin(saved_model(tmp_path, meta_graph(X, rest, version="")))
    assert (origin.releases[0], origin.span) == (release, span)


def test_a_saved_model_without_a_version_is_placed_by_the_producer_of_its_graph(tmp_path):
    versions = tag(4, varint(1 << 3) + varint(561))
    origin = read_origin(saved_model(tmp_path, meta_graph(X + versions, OBJECTS, version="")))
    assert origin.releases == ("2.4",)
    assert "versions.producer 561 is that of TensorFlow 2.4" in " ".join(origin.evidence)


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("1.14.1-dev20190521", "1.15"),
        ("1.13.0-dev20190101", "1.15"),
        ("2.2.0-dev20200301", "2.2"),
        ("2.4.0-rc3", "2.4"),
        ("2.21.0-dev20260101", "2.21"),
        ("2.21.1-dev20260401", "nightly"),
        ("2.22.0-dev20260601", "nightly"),
    ],
)
def test_an_old_nightly_build_leads_to_the_nearest_release(version, release):
    assert choose_by_tensorflow(version, set()).releases == [release]


def test_missing_values_are_said_before_anything_is_built(tmp_path, cli):
    meta = meta_graph(RESTORING, call_by("predict"), tag(3, saver_def(restore="restore")))
    model = saved_model(tmp_path, meta)
    ended = cli("env", "for", model)
    ended.assert_refused(2, "incomplete", "variables/variables.index is missing")
    assert "SavedModel, for release 2.10" in ended.stdout
    refused = cli("rescue", model)
    refused.assert_refused(2, "no complete model", "variables/variables.index is missing")
    prefix = write_checkpoint(model / "variables/variables", {"w": 100})
    assert read_origin(model).missing == ()
    prefix.with_name("variables.data-00000-of-00001").write_bytes(b"")
    ended = cli("env", "for", model)
    ended.assert_refused(2, "incomplete", "has 0 bytes, and 100 are needed")
    assert not (tmp_path / "environments").exists()


def test_a_model_without_variables_is_whole_without_their_folder(tmp_path):
    model = saved_model(tmp_path, meta_graph(X, call_by("predict")))
    (model / "variables").rmdir()
    assert read_origin(model).missing == ()
