"""What may go wrong with an environment, made for real: a sentence, the exit code, no remains."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from harness.environments.build import install
from harness.environments.cache import find_damaged_packages
from harness.environments.releases import Release
from harness.environments.uv import run_uv

NOWHERE = "http://127.0.0.1:9"  # nobody listens at the discard port
CLOSED = {
    "HTTPS_PROXY": NOWHERE,
    "HTTP_PROXY": NOWHERE,
    "ALL_PROXY": NOWHERE,
    "NO_PROXY": "",
    "UV_HTTP_RETRIES": "0",
}
releases = pytest.mark.releases


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "environments"


@pytest.fixture
def cli(cli, cache, monkeypatch):
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(cache))
    return cli


@pytest.fixture
def small_disk(cache):
    """Mount a tmpfs where the environments go."""
    if shutil.which("mount") is None:
        pytest.skip("there is no `mount` here")
    cache.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(cache)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")

    yield mount
    subprocess.run(["umount", "-l", str(cache)], check=False)


def remains(cache):
    return sorted(each.name for each in cache.iterdir() if each.suffix != ".lock")


def test_without_a_network_the_package_and_what_still_works_are_named(cli, cache, tmp_path):
    ended = cli("env", "add", "2.21", UV_CACHE_DIR=str(tmp_path / "uv"), **CLOSED)
    ended.assert_refused(3, "the network is needed", "tensorflow", "built keep working")
    assert "0 of 1 environment is ready." in ended.stdout
    assert remains(cache) == []


def test_uv_set_to_offline_is_told_from_a_release_that_does_not_exist(cli, tmp_path):
    ended = cli("env", "add", "2.21", UV_CACHE_DIR=str(tmp_path / "uv"), UV_OFFLINE="1")
    ended.assert_refused(3, "the network is needed", "the network was disabled")


def test_a_python_that_cannot_be_found_or_fetched_is_named(cli, cache, tmp_path):
    ended = cli(
        "env",
        "add",
        "2.9",
        PYENV_ROOT=str(tmp_path),
        PATH=str(tmp_path),
        UV_PYTHON_DOWNLOADS="never",
        UV_PYTHON_INSTALL_DIR=str(tmp_path / "pythons"),
    )
    ended.assert_refused(3, "Python 3.9 is not installed, and uv cannot download it")
    assert remains(cache) == []


def test_a_cache_that_is_a_file_is_a_sentence(cli, cache):
    cache.write_text("not a folder")
    cli("env", "add", "2.21").assert_refused(3, "cannot be written", "RESTOREBENCH_ENVIRONMENTS")
    cli("env", "list").assert_ran(0)
    cli("env", "prune").assert_ran(0)


def test_a_cache_that_cannot_be_written_is_a_sentence(cli, small_disk):
    small_disk("ro")
    cli("env", "add", "2.21").assert_refused(3, "cannot be written", "Read-only file system")


def test_a_disk_that_is_too_small_is_seen_before_anything_is_fetched(cli, cache, small_disk):
    small_disk("size=64m")
    cli("env", "add", "2.21").assert_refused(3, "GiB are free", "3 are needed")
    assert remains(cache) == []


def test_a_home_that_does_not_exist_is_a_sentence(cli):
    home = {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "", "RESTOREBENCH_ENVIRONMENTS": ""}
    cli("env", "add", "2.21", **home).assert_refused(
        3, "cannot be written", "RESTOREBENCH_ENVIRONMENTS"
    )


def test_an_interpreter_without_tensorflow_is_refused_and_left_alone(cli, tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([shutil.which("python3"), "-m", "venv", "--without-pip", bare], check=True)
    ended = cli("env", "add", bare / "bin" / "python")
    ended.assert_refused(3, "TensorFlow is not installed for", "name another Python")
    cli("env", "add", bare).assert_refused(2, "is a folder, not an interpreter", "bin/python")
    cli("env", "show", tmp_path / "none").assert_refused(2, "there is no such file")


@releases
def test_a_disk_that_fills_up_while_installing_gets_its_room_back(cli, cache, small_disk):
    small_disk("size=4g,nr_inodes=2000")  # as good as full at the two thousandth file
    cli("env", "add", "2.4").assert_refused(3, "the disk is full", "free some disk space")
    assert remains(cache) == []


@releases
def test_of_two_commands_that_build_the_same_one_waits_for_the_other(cli, start, cache):
    first = start("env", "add", "2.4", RESTOREBENCH_ENVIRONMENTS=str(cache))
    first.wait_for((cache / "2.4.part" / "pyvenv.cfg").exists)
    second = cli("env", "add", "2.4")
    second.assert_ran(0)
    assert "waiting: another command is building or removing it" in second.stderr
    assert "installing" not in second.stderr
    assert remains(cache) == ["2.4", "2.4.txt"]


def is_installing(cache, _):
    return (cache / "2.4.part" / "lib/python3.8/site-packages/numpy/version.py").exists()


def is_importing(_, building):
    for child in building.family.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "import json, platform, sys, tensorflow as tf" in " ".join(child.cmdline()):
                return True
    return False


@releases
@pytest.mark.parametrize("moment", [is_installing, is_importing])
def test_a_build_that_is_killed_at_any_moment_is_made_whole_by_the_next(cli, start, cache, moment):
    building = start("env", "add", "2.4", RESTOREBENCH_ENVIRONMENTS=str(cache))
    building.wait_for(lambda: moment(cache, building))
    building.end(signal.SIGKILL)
    assert "2.4 is not built" in cli("env", "show", "2.4").stderr
    cli("env", "add", "2.4").assert_ran(0)
    assert remains(cache) == ["2.4", "2.4.txt"]
    cli("env", "show", "2.4").assert_ran(0)


@releases
def test_what_was_damaged_is_listed_and_built_again_as_it_was(cli, cache):
    cli("env", "add", "2.4").assert_ran(0)
    before = cli("env", "show", "2.4").stdout.splitlines()[1:]
    packages = cache / "2.4" / "lib" / "python3.8" / "site-packages"
    (packages / "numpy" / "version.py").unlink()
    library = packages / "tensorflow" / "python" / "keras" / "engine" / "base_layer.py"
    library.unlink()  # uv links: truncated in place, it would be so in uv's cache and elsewhere
    library.write_text("cut off")
    listed = cli("env", "list")
    assert "damaged" in listed.stdout
    assert listed.stdout.endswith("Next: python -m harness env add 2.4\n")
    cli("env", "show", "2.4").assert_refused(3, "2.4 is damaged", "numpy/version.py is missing")
    (cache / "2.4.txt").write_text("")  # and its lock is lost
    again = cli("env", "add", "2.4")
    again.assert_ran(0)
    assert "2.4: damaged, so it is built again" in again.stderr
    assert "its lock is damaged" in again.stderr
    assert library.stat().st_size > 1000
    assert cli("env", "show", "2.4").stdout.splitlines()[1:] == before


@releases
def test_a_package_that_is_damaged_in_uvs_cache_is_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    release = Release("small", "3.11", None, ("six==1.16.0",))
    for name in ("first", "second"):
        folder = tmp_path / name
        run_uv(release, "venv", "--python", sys.executable, str(folder))
        with (tmp_path / "right").open("w") as right:
            install(release, folder, "six==1.16.0\n", right.fileno())
        assert find_damaged_packages(folder) == {}
        (module,) = folder.glob("lib/python*/site-packages/six.py")
        os.truncate(module, 100)  # linked, so the cache's copy is cut off as well
        assert [*find_damaged_packages(folder)] == ["six"]
