"""Folders that a process has filled are removed, whatever the process has made of them."""

import os

from harness.files import temporary_folder


def test_a_temporary_folder_goes_however_deep_it_is_and_spares_what_its_links_name(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    with temporary_folder() as folder:
        (folder / "out").symlink_to(outside)
        level = os.open(folder, os.O_RDONLY)
        for _ in range(1200):
            os.mkdir("level", dir_fd=level)
            deeper = os.open("level", os.O_RDONLY, dir_fd=level)
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=deeper))
            os.close(level)
            level = deeper
        os.close(level)
        (folder / "locked").mkdir()
        (folder / "locked/inside").mkdir()
        (folder / "locked").chmod(0)
    assert not folder.exists()
    assert (outside / "kept").read_text() == "kept"
