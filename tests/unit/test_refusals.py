"""What is no model is named, with what to do: pointers, web pages, archives, files cut off."""

import io
import tarfile
import zipfile

import pytest

from harness.catalog.load import PACKAGED
from harness.errors import UsageError
from harness.formats.reading import read_model_facts

ARTIFACTS = PACKAGED / "version" / "artifacts"
HDF5 = (ARTIFACTS / "groups_keyword/artifact/model.h5").read_bytes()
ARCHIVE = (ARTIFACTS / "newer_keras_file/artifact/model.keras").read_bytes()
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def make_zip(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, HDF5)
    return file.getvalue()


def make_tar(*names, mode="w:gz", content=HDF5):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


REFUSED = {
    "pointer.h5": (POINTER, "is a Git LFS pointer: the file of 12,345 bytes", "git lfs pull"),
    "page.h5": (b"\n<!DOCTYPE html><title>Sign in</title>", "a web page (Sign in)", "raw file"),
    "page.keras": (b"<!-- x --><HTML>", "is a web page, not", "raw file"),
    "denied.h5": (b"<?xml version='1.0'?><Error/>", "an error message of the server", "download"),
    "cut.h5": (HDF5[:3000], f"cut off: 3,000 of its {len(HDF5):,} bytes are there", "download"),
    "cut.keras": (ARCHIVE[:1500], "whose end is missing: the file is cut off", "download"),
    "cut.tgz": (make_tar("m.h5")[:900], "is a compressed file that is cut off", "download"),
    "zeros.h5": (bytes(5000), "holds zeros only", "download"),
    "m.zip": (make_zip("keras_model.h5", "x.txt"), "a zip archive that holds keras_model.h5", "-d"),
    "mac.zip": (make_zip("a.h5", "__MACOSX/._a.h5"), "that holds a.h5", "unzip"),
    "saved.zip": (make_zip("m/saved_model.pb", "m/variables/v.index"), "holds m/", "unzip"),
    "nothing.zip": (make_zip("x.txt"), "not a Keras archive: it holds x.txt", "name an undamaged"),
    "torch.pt": (make_zip("archive/data.pkl"), "a zip archive of PyTorch", "name an undamaged"),
    "m.tar.gz": (make_tar("m/keras_model.h5"), "a tar archive that holds m/keras_model.h5", "-xf"),
    "m.tar": (make_tar("model.h5", mode="w:"), "a tar archive that holds model.h5", "tar -xf"),
    "m.tar.xz": (make_tar("model.h5", mode="w:xz"), "a tar archive that holds", "tar -xf"),
    "text.h5": (b"hello", "has the suffix .h5, but other content", "name an undamaged"),
}


def refuse(path):
    with pytest.raises(UsageError) as refused:
        read_model_facts(path)
    return refused.value


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_model_is_named_with_the_cure(tmp_path, name):
    content, said, tip = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    error = refuse(tmp_path / name)
    assert said in error.found
    assert "damaged" not in error.found  # nothing of it is: it is something else
    assert tip in error.tip
    assert "\n" not in error.found + error.tip


def test_a_small_archive_that_unpacks_to_much_is_read_to_a_limit_only(tmp_path):
    bomb = tmp_path / "bomb.tar.gz"
    with tarfile.open(bomb, "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("zeros.h5")
        member.size = 400 << 20
        archive.addfile(member, io.BufferedReader(Zeros()))
        archive.addfile(tarfile.TarInfo("unseen.keras"), io.BytesIO())
    error = refuse(bomb)
    assert "holds zeros.h5" in error.found
    assert "unseen" not in error.found


class Zeros(io.RawIOBase):
    """As many zeros as are asked for."""

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def test_a_pointer_among_the_files_of_a_model_is_found(tmp_path):
    for name in ("saved_model.pb", "variables/variables.data-00000-of-00001"):
        folder = tmp_path / name.replace("/", "-")
        (folder / "variables").mkdir(parents=True)
        (folder / "saved_model.pb").write_bytes(b"\x08\x01")
        (folder / name).write_bytes(POINTER)
        assert "is a Git LFS pointer" in refuse(folder).found


def test_names_in_an_archive_are_shown_without_what_steers_a_terminal(tmp_path):
    (tmp_path / "m.zip").write_bytes(make_zip("\x1b[31mred.h5"))
    assert "\\x1b[31mred.h5" in refuse(tmp_path / "m.zip").found
