"""The wheel as a stranger installs it: alone, and beside a TensorFlow that was there before.

Built as `make dist` builds it, installed with uv outside the checkout, used in another folder.
"""

import os
import platform
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.environments.cache import python_of
from harness.environments.releases import NEWEST, NEWEST_MEGABYTES
from harness.environments.uv import find_uv
from tests.conftest import REPOSITORY, Ended

pytestmark = [pytest.mark.tensorflow, pytest.mark.releases]

PACKED = ("harness/", "scenarios/", "restorebench_")
MOST_MEGABYTES = 60  # that installing may download
ON_LINUX_X86 = platform.system() == "Linux" and platform.machine() == "x86_64"
MODEL = "scenarios/version/artifacts/functional_archive_module/artifact/model.keras"


def call(*command, cwd=REPOSITORY, variables=None):
    """Run a command that must succeed, in nobody's environment; return what it printed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=kept | (variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """restorebench in an environment of its own, called by the name pip gave it."""

    folder: Path
    python: Path

    def __call__(self, *arguments):
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [self.python.with_name("restorebench"), *map(str, arguments)],
            cwd=self.folder,
            env=kept | {"RESTOREBENCH_ENVIRONMENTS": str(self.folder / "environments")},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def find(self, file):
        """Return a file of the wheel where it was installed."""
        (found,) = self.python.parent.parent.glob(f"lib/python*/site-packages/{file}")
        return found


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Where sdist and wheel are, made from what git tracks and nothing else."""
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    for name in list_tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((REPOSITORY / name).read_bytes())
    call(sys.executable, "-m", "build", "--outdir", out, cwd=copy)
    return out


@pytest.fixture(scope="module")
def wheel(built):
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def install(wheel, tmp_path_factory):
    """Install the wheel into a fresh Python 3.11, with other packages."""

    def install(*packages):
        folder = tmp_path_factory.mktemp("installed")
        python = python_of(folder / "venv")
        call(find_uv(), "venv", "--python", "3.11", folder / "venv")
        call(find_uv(), "pip", "install", "--python", python, wheel, *packages)
        (folder / "elsewhere").mkdir()
        return Installed(folder / "elsewhere", python)

    return install


@pytest.fixture(scope="module")
def alone(install):
    return install()


def list_tracked():
    """Return what git tracks and is there."""
    names = call("git", "ls-files").splitlines()
    return [name for name in names if (REPOSITORY / name).is_file()]


def test_wheel_and_sdist_hold_every_file_and_pass_the_checks(built, wheel):
    call(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir())
    call(Path(sys.executable).with_name("check-wheel-contents"), wheel)
    wanted = {name for name in list_tracked() if name.startswith(PACKED)}
    assert any("/artifacts/" in name and name.endswith(".keras") for name in wanted)
    with zipfile.ZipFile(wheel) as inside:
        names = {name for name in inside.namelist() if ".dist-info/" not in name}
    assert names == wanted
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as inside:
        assert wanted <= {name.partition("/")[2] for name in inside.getnames()}


@pytest.mark.skipif(not ON_LINUX_X86, reason="the figures are of Linux x86-64")
def test_installing_downloads_little_and_no_tensorflow(wheel, tmp_path):
    size, names = download(tmp_path, "3.11", wheel)
    assert size <= MOST_MEGABYTES, f"{size} MB"
    assert not [
        name for name in names if name.startswith(("tensorflow", "keras", "altair", "dask"))
    ]


@pytest.mark.skipif(not ON_LINUX_X86, reason="the figures are of Linux x86-64")
def test_what_is_said_of_the_newest_release_is_what_it_downloads(cli, tmp_path):
    ended = cli("env", "requirements", NEWEST)
    ended.assert_ran()
    (tmp_path / "pins.txt").write_text(ended.stdout)
    size, _ = download(tmp_path / "wheels", "3.12", "--no-deps", "-r", tmp_path / "pins.txt")
    assert abs(size - NEWEST_MEGABYTES) < 0.1 * NEWEST_MEGABYTES, f"{size} MB"


def download(folder, python, *wanted):
    """Return the megabytes of the wheels that pip takes for a Python, and their names."""
    pip = [sys.executable, "-m", "pip", "download", "--no-cache-dir", "--only-binary=:all:"]
    call(*pip, "--python-version", python, "--dest", folder, *wanted)
    wheels = list(folder.glob("*.whl"))
    own = sum(each.stat().st_size for each in wheels)
    return own / 1e6, [each.name for each in wheels]


def test_what_only_reads_works_in_a_light_install(alone):
    for command in (
        ["list"],
        ["search", "Unknown layer"],
        ["explain", "article-regressor"],
        ["show", REPOSITORY / "tests" / "data" / "run-schema-3.json"],
        ["env", "for", alone.find(MODEL), "--no-restore"],
    ):
        alone(*command).assert_ran(0)
    assert list(alone.folder.iterdir()) == []
    alone("run", "article-regressor", "--tf", "this").assert_refused(
        3, f"TensorFlow is not installed for {alone.python}"
    )


def test_a_light_install_runs_in_the_newest_release_after_a_sentence(alone):
    ended = alone("run", "article-regressor", "missing-rescale-255", "--no-timing")
    ended.assert_ran(0)
    assert ended.stdout.startswith(f"TensorFlow {NEWEST}.")
    assert "Nothing changed." in ended.stdout
    told = [line for line in ended.stderr.splitlines() if "a download of about" in line]
    assert len(told) == 1
    assert f"{alone.python} has no TensorFlow: uv builds release {NEWEST}" in told[0]
    again = alone("run", "missing-rescale-255", "--dose")
    again.assert_ran(0)
    assert "a download of about" not in again.stderr
    assert "error / spread" in again.stdout
    assert "pip install 'restorebench[plots]'" in again.stdout


def test_a_light_install_compares_a_restored_model_with_nothing_and_says_so(alone, beside_2_15):
    command = ["env", "for", alone.find(MODEL), "--release", beside_2_15.python]
    ended = alone(*command)
    ended.assert_ran(0)
    assert (
        "The predictions were not compared, because this Python has no TensorFlow" in ended.stdout
    )
    ended = alone(*command, "--reader", beside_2_15.python)
    ended.assert_ran(0)
    assert f"In {beside_2_15.python} (TensorFlow 2.15." in " ".join(ended.stdout.split())
    assert "predicts the same" in ended.stdout


@pytest.fixture(scope="module")
def beside_2_15(install):
    return install("tensorflow-cpu==2.15.*" if ON_LINUX_X86 else "tensorflow==2.15.*")


@pytest.fixture(scope="module")
def beside_2_18(install):
    return install("tensorflow-cpu==2.18.*" if ON_LINUX_X86 else "tensorflow==2.18.*")


@pytest.mark.parametrize("release", ["2.15", "2.18"])
def test_the_tensorflow_that_is_there_is_used_and_all_is_as_declared(release, request):
    restorebench = request.getfixturevalue(f"beside_{release.replace('.', '_')}")
    ids = ["article-regressor", "missing-custom-objects", "functional-archive-module"]
    ended = restorebench("run", *ids, "--no-timing")
    ended.assert_ran(0)
    assert ended.stdout.startswith(f"TensorFlow {release}.")
    assert "Python 3.11." in ended.stdout
    assert "skipped" not in ended.stdout
    assert "Nothing changed." in ended.stdout
    assert not (restorebench.folder / "environments").exists()
    restorebench("show", "1").assert_ran(0)
    restorebench("check", "article-regressor").assert_ran(0)
