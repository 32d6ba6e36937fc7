"""Artifacts arrive as they were sent, or not at all: harness/execution/bundle.py."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.execution.bundle import ArtifactRefused, BundleDamaged, make_bundle


@pytest.fixture
def bundle(tmp_path):
    artifact = tmp_path / "artifact"
    (artifact / "model" / "assets").mkdir(parents=True)
    (artifact / "model" / "saved_model.pb").write_bytes(bytes(range(256)))
    (artifact / "scaler.json").write_text("{}")
    (tmp_path / "reference.npz").write_bytes(b"reference")
    return make_bundle(artifact, tmp_path / "reference.npz")


def test_files_empty_folders_and_the_reference_arrive(bundle, tmp_path):
    bundle.unpack(tmp_path / "there", tmp_path / "there.npz")
    found = {
        path.relative_to(tmp_path / "there").as_posix(): path.is_file() and path.read_bytes()
        for path in (tmp_path / "there").rglob("*")
    }
    assert found == {
        "model": False,
        "model/assets": False,
        "model/saved_model.pb": bytes(range(256)),
        "scaler.json": b"{}",
    }
    assert (tmp_path / "there.npz").read_bytes() == b"reference"


def test_a_link_arrives_as_what_it_leads_to(tmp_path):
    artifact = tmp_path / "artifact"
    artifact.mkdir()
    (tmp_path / "elsewhere").write_text("content")
    (artifact / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "reference.npz").write_bytes(b"")
    bundle = make_bundle(artifact, tmp_path / "reference.npz")
    bundle.unpack(tmp_path / "there", tmp_path / "there.npz")
    arrived = tmp_path / "there" / "link"
    assert (arrived.is_symlink(), arrived.read_text()) == (False, "content")


def test_an_artifact_must_fit_into_what_a_container_is_given(tmp_path, monkeypatch):
    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact" / "weights").write_bytes(bytes(2000))
    monkeypatch.setattr("harness.execution.free_memory.measure_groups", lambda: [4000])
    with pytest.raises(ArtifactRefused, match="of memory are free for it"):
        make_bundle(tmp_path / "artifact", tmp_path / "reference.npz")


@given(data=st.data())
def test_any_flipped_bit_is_noticed_and_nothing_is_written(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flipped")
    (folder / "artifact").mkdir()
    (folder / "artifact" / "weights").write_bytes(b"weights")
    (folder / "reference.npz").write_bytes(b"reference")
    bundle = make_bundle(folder / "artifact", folder / "reference.npz")
    name = data.draw(st.sampled_from(["files", "reference"]))
    content = bytearray(getattr(bundle, name))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BundleDamaged, match="damaged between the writer and the reader"):
        replace(bundle, **{name: bytes(content)}).unpack(folder / "there", folder / "there.npz")
    assert not (folder / "there").exists()
