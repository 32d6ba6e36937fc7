"""Checkpoints: who wrote them, whether they are whole, and how they are read."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import PACKAGED
from harness.formats.facts import CHECKPOINT, WEIGHTS_H5, Facts, Unreadable
from harness.formats.recognize import read_facts
from harness.origin.likely_releases import choose_releases
from harness.origin.who_wrote import read_origin
from tests.formats.hostile.base import graph_def, meta_graph, node_def, saved_model, tag, varint
from tests.unit.test_leveldb import write_block, write_table
from tests.unit.test_origin import read_or_refuse

ARTIFACT = PACKAGED / "version/artifacts/checkpoint_across_keras/artifact"


def number(field, value):
    """A field of a Protocol Buffers message that is a number."""
    return varint(field << 3) + varint(value)


def write_checkpoint(prefix, sizes, files=1):
    """Write a checkpoint as tf.train.Saver does: names, and the bytes that each takes."""
    entries, place = [(b"", number(1, files))], 0
    for name, size in sorted(sizes.items()):
        entries.append((name.encode(), number(1, 1) + number(4, place) + number(5, size)))
        place += size
    table = write_table([(b"z", write_block(entries))])
    prefix.with_name(f"{prefix.name}.index").write_bytes(table)
    prefix.with_name(f"{prefix.name}.data-00000-of-{files:05d}").write_bytes(bytes(place))
    return prefix


def write_v1(path, *names, values=b""):
    """Write a checkpoint of one file, as TensorFlow did before 0.12."""
    meta = b"".join(tag(1, tag(1, name) + number(3, 1)) for name in names)  # SavedSliceMeta
    blocks = [(b"", write_block([(b"", tag(1, meta))])), (b"w", write_block([(b"w", values)]))]
    path.write_bytes(write_table(blocks))
    return path


def write_meta(prefix, version="1.12.0", op="VariableV2"):
    """Write the graph beside a checkpoint, as tf.train.Saver does."""
    graph = graph_def(node_def("w", op))
    prefix.with_name(f"{prefix.name}.meta").write_bytes(meta_graph(graph, version=version))


def test_the_graph_beside_a_checkpoint_names_the_release(tmp_path, cli):
    prefix = write_checkpoint(tmp_path / "model.ckpt-7", {"w": 32})
    write_meta(prefix, "2.10.1")
    origin = read_origin(prefix)
    assert (origin.releases, origin.tensorflow, origin.span) == (("2.10",), "2.10.1", "")
    ended = cli("env", "for", prefix)
    ended.assert_ran(0)
    assert "import_meta_graph" in ended.stdout
    assert f"saver.restore(session, '{prefix}')" in ended.stdout
    assert "Checkpoint(model=model)" not in ended.stdout


def test_ops_of_the_graph_beside_a_checkpoint_are_looked_at(tmp_path):
    prefix = write_checkpoint(tmp_path / "model.ckpt", {"w": 32})
    write_meta(prefix, op="PyFunc")
    assert "the op PyFunc" in read_origin(prefix).dangers[0]


def test_a_damaged_graph_leaves_the_checkpoint_readable(tmp_path, cli):
    prefix = write_checkpoint(tmp_path / "model.ckpt", {"w": 32})
    (tmp_path / "model.ckpt.meta").write_bytes(b"\xff\xff")
    assert "model.ckpt.meta cannot be read" in " ".join(read_origin(prefix).evidence)
    assert "import_meta_graph" not in cli("env", "for", prefix).stdout


def test_a_checkpoint_of_one_file_is_read_whatever_its_name(tmp_path, cli):
    for name in ("model.ckpt-7", "old.index", "weights"):
        path = write_v1(tmp_path / name, "conv/w", "conv/b")
        origin = read_origin(path)
        assert (origin.path, origin.releases, origin.missing) == (path, ("1.15",), ())
        assert "2 tensors in one file" in " ".join(origin.evidence)
    ended = cli("env", "for", path)
    assert "written by one of 0.5 to 1.15; 1.15 reads it" in ended.stdout.splitlines()[0]
    assert f"tf.train.list_variables('{path}')" in ended.stdout


def test_of_a_checkpoint_of_one_file_only_the_list_of_tensors_is_read(tmp_path):
    path = write_v1(tmp_path / "model.ckpt", "w", values=bytes(40 << 20))  # beyond any index
    assert read_origin(path).releases == ("1.15",)


@given(data=st.data())
def test_a_damaged_checkpoint_of_one_file_is_read_or_refused(data):
    with TemporaryDirectory() as temporary:
        path = write_v1(Path(temporary) / "model.ckpt", "w", "b")
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(
                st.integers(0, 7)
            )
        path.write_bytes(content)
        read_or_refuse(path)


@pytest.mark.parametrize("given_as", ["", "variables", "variables/variables", "INDEX", "DATA"])
def test_the_variables_of_a_saved_model_lead_to_the_saved_model(tmp_path, given_as):
    model = saved_model(tmp_path)
    prefix = write_checkpoint(model / "variables/variables", {"w": 4})
    named = {"INDEX": f"{prefix}.index", "DATA": f"{prefix}.data-00000-of-00001"}
    origin = read_origin(Path(named.get(given_as, model / given_as)))
    assert (origin.format, origin.path, origin.releases) == ("SavedModel", model, ("2.10",))


def test_a_data_file_that_is_absent_cut_or_a_pointer_is_said_to_be_so(tmp_path):
    prefix = write_checkpoint(tmp_path / "model.ckpt", {"w": 32, "b": 200})
    data = tmp_path / "model.ckpt.data-00000-of-00001"
    assert read_origin(prefix).missing == ()
    data.write_bytes(bytes(231))
    assert read_origin(prefix).missing == (f"{data.name} has 231 bytes, and 232 are needed",)
    data.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 232\n")
    assert "git lfs pull" in read_origin(prefix).missing[0]
    data.unlink()
    assert f"{data.name} is missing" in read_origin(prefix).missing[0]


def test_every_data_file_that_the_index_counts_must_be_there(tmp_path):
    prefix = write_checkpoint(tmp_path / "model.ckpt", {"w": 8}, files=2)
    (missing,) = read_origin(prefix).missing
    assert "data-00001-of-00002 is missing" in missing


def test_an_index_that_counts_too_many_data_files_is_refused(tmp_path):
    prefix = write_checkpoint(tmp_path / "model.ckpt", {"w": 8})
    table = write_table([(b"z", write_block([(b"", number(1, 1 << 40))]))])
    (tmp_path / "model.ckpt.index").write_bytes(table)
    with pytest.raises(Unreadable, match="data files"):
        read_facts(prefix)


@pytest.mark.parametrize(
    ("format", "marks", "span", "writers"),
    [
        (CHECKPOINT, ["name-based"], "0.12 to 1.15", ["1.15"]),
        (CHECKPOINT, [], "1.15 to 2.21", ["2.21", "1.15", "2.0"]),
        (
            CHECKPOINT,
            ["layer_with_weights", ".OPTIMIZER_SLOT"],
            "1.15 to 2.15",
            ["2.10", "2.4", "2.15", "1.15"],
        ),
        (
            CHECKPOINT,
            ["layer_with_weights", "_iterations"],
            "2.11 to 2.15 or tf_keras",
            ["2.15", "2.11", "2.13", "2.16+legacy"],
        ),
        (
            CHECKPOINT,
            ["layer_with_weights"],
            "1.15 to 2.15 or tf_keras",
            ["2.15", "2.4", "1.15", "2.18+legacy"],
        ),
        (CHECKPOINT, ["_operations"], "2.16 to 2.21", ["2.21", "2.16", "2.19"]),
        (WEIGHTS_H5, ["named vars"], "2.18 to 2.21", ["2.21", "2.18", "2.19", "2.20"]),
        (WEIGHTS_H5, ["optimizer group"], "2.16 to 2.17", ["2.17", "2.16"]),
        (WEIGHTS_H5, [], "2.15 to 2.17 or tf_keras", ["2.17", "2.15", "2.16", "2.16+legacy"]),
        (WEIGHTS_H5, ["metrics group"], "2.15 or tf_keras", ["2.15", "2.16+legacy"]),
    ],
)
def test_where_nothing_tells_the_writer_the_whole_range_is_named(format, marks, span, writers):
    chosen = choose_releases(Facts(format, "x", marks=marks))
    assert chosen.span == span
    assert set(writers) <= set(chosen.releases)
    assert chosen.releases[0] == writers[0]


def test_the_range_stands_in_place_of_a_release_that_nobody_knows(cli, tmp_path):
    for name in ("ckpt-1.index", "ckpt-1.data-00000-of-00001"):
        shutil.copy(ARTIFACT / name, tmp_path)
    ended = cli("env", "for", "ckpt-1", "--json")
    assert json.loads(ended.stdout)["range"]
    said = cli("env", "for", "ckpt-1").stdout.splitlines()[0]
    assert "written by one of 1.15 to 2.15 or tf_keras; 2.15 reads it" in said
    assert "for release" not in said


@pytest.mark.parametrize(
    ("names", "call"),
    [
        (["net/w", "opt/iter", "save_counter"], "tf.train.Checkpoint(net=net, opt=opt).read("),
        (["layer_with_weights-0/kernel", "save_counter"], "model.load_weights("),
        ([f"part{number}/w" for number in range(9)], "tf.train.Checkpoint(model=model).read("),
        (["_layers/0/_kernel"], "tf.train.Checkpoint(model).read("),
        (["in(1)/w"], "tf.train.Checkpoint(model=model).read("),
    ],
)
def test_the_line_that_reads_a_checkpoint_has_the_keywords_it_was_saved_with(
    tmp_path, cli, names, call
):
    sizes = {f"{name}/.ATTRIBUTES/VARIABLE_VALUE": 4 for name in names}
    prefix = write_checkpoint(tmp_path / "ckpt", sizes | {"_CHECKPOINTABLE_OBJECT_GRAPH": 4})
    assert call in cli("env", "for", prefix).stdout
