"""A `.keras` archive whose weights begin where HDF5 may begin: at 512, 1024, 2048 ..."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from harness.diagnose.evaluation.corpus_files import dense, write_archive
from harness.formats.facts import Unreadable
from harness.formats.recognize import HDF5_MAGIC, read_facts


def write_at(path: Path, place: int) -> Path:
    """Write a model whose weights begin at `place`."""
    made = write_archive(path.with_name("made.keras"), [dense("only", np.ones((3, 2)), np.ones(2))])
    with zipfile.ZipFile(made) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    for padding in range(place):
        with zipfile.ZipFile(path, "w") as new:
            for name, content in parts.items():
                new.writestr(name, content + b" " * padding * (name == "config.json"))
        if path.read_bytes().find(HDF5_MAGIC) == place:
            return path
    raise AssertionError(place)


@pytest.mark.parametrize("place", [1024, 2048])
def test_an_archive_whose_weights_begin_there_is_an_archive(place: int, tmp_path: Path) -> None:
    path = write_at(tmp_path / "m.keras", place)
    assert read_facts(path).format == "Keras archive (.keras)"


def test_under_another_name_nobody_knows_which_of_the_two_is_read(tmp_path: Path) -> None:
    path = Path(shutil.copy(write_at(tmp_path / "m.keras", 1024), tmp_path / "m.h5"))
    with pytest.raises(Unreadable, match="at once"):
        read_facts(path)


def test_a_file_of_two_formats_stays_refused_under_that_name(tmp_path: Path) -> None:
    """The archive lies behind the HDF5, and its weights elsewhere."""
    archive = write_archive(tmp_path / "m.keras", [dense("only", np.ones((3, 2)), np.ones(2))])
    with zipfile.ZipFile(archive) as kept:
        weights = kept.read("model.weights.h5")
    archive.write_bytes(b" " * 512 + weights + archive.read_bytes())
    with pytest.raises(Unreadable, match="at once"):
        read_facts(archive)
