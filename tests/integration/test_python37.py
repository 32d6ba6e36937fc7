"""Other releases, for real: environments are built with uv, and scenarios run in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.releases]

TF1 = Path(__file__).resolve().parent.parent / "data" / "scenarios_tf1"


def find_python(version):
    """Return the newest interpreter of `version` under pyenv or on the path, or skip the test."""
    pyenv = os.environ.get("PYENV_ROOT")
    found = sorted(Path(pyenv).glob(f"versions/{version}.*/bin/python{version}")) if pyenv else []
    on_path = shutil.which(f"python{version}")
    for candidate in [*reversed(found), *([on_path] if on_path else [])]:
        asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return str(candidate)
    return pytest.skip(f"no Python {version} under $PYENV_ROOT/versions or on the path")


def build_environment(folder, version, latest, *requirements):
    """Build an environment as of the day `latest`; return its interpreter."""
    python = find_python(version)
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", python, str(folder)], check=True)
    built = folder / "bin" / "python"
    install = [*uv, "pip", "install", "--quiet", "--python", str(built), "--exclude-newer", latest]
    done = subprocess.run([*install, *requirements], capture_output=True, text=True, check=False)
    if done.returncode and ("dns error" in done.stderr or "Failed to fetch" in done.stderr):
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="module")
def oldest(tmp_path_factory):
    """Python 3.7 with TensorFlow 1.15: the oldest a worker must run in."""
    return build_environment(
        tmp_path_factory.mktemp("oldest") / "environment", "3.7", "2022-01-01",
        "tensorflow-cpu==1.15.*", "numpy==1.18.5", "h5py==2.10.0", "protobuf<3.20", "gast==0.2.2",
    )  # fmt: skip


@pytest.mark.parametrize("options", [[], ["--spawn", "--no-timing"]], ids=["fork", "spawn"])
def test_a_scenario_runs_in_tensorflow_1_15_on_python_3_7(cli, oldest, options):
    ended = cli("run", "--all", "--scenarios", TF1, "--python", oldest, *options)
    ended.assert_ran(0)
    assert ended.stdout.startswith("TensorFlow 1.15.")
    assert "Python 3.7." in ended.stdout
    restored = {
        record["path"]: (record["verdict"], record["statistics"]["weights"])
        for record in cli.outcomes()
    }
    assert restored == {
        "restore_broken": ("zeros", "changed"),
        "restore_fixed_loaded_weights": ("match", "equal"),
    }


def test_faults_cost_only_their_own_path_in_tensorflow_1_15_too(cli, oldest, faulty):
    ids = ["segfaults", "exits-with-three", "kills-its-worker", "leaves-a-grandchild",
           "prints-garbage", "imports-itself"]  # fmt: skip
    ended = cli("run", *ids, "--scenarios", faulty, "--python", oldest, "--no-timing")
    ended.assert_ran(0)
    assert len(cli.outcomes()) == 2 * len(ids)


def test_packaged_scenarios_say_that_1_15_is_not_for_them(cli, oldest):
    ended = cli("run", "--all", "--python", oldest, "--no-timing")
    ended.assert_ran(0)
    assert "skipped: not for this environment." in ended.stdout


def test_everything_is_as_declared_in_tensorflow_2_15(cli, tmp_path):
    python = build_environment(
        tmp_path / "environment", "3.11", "2024-01-31", "tensorflow-cpu==2.15.*"
    )
    ended = cli("run", "--all", "--python", python)
    ended.assert_ran(0)
    assert ended.stdout.startswith("TensorFlow 2.15.")
    assert "Nothing changed." in ended.stdout


def test_everything_is_as_declared_with_the_keras_2_that_lives_on(cli, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ended = cli("run", "--all", "--legacy-keras", TMPDIR=str(temporary))
    ended.assert_ran(0)
    assert ", tf_keras 2." in ended.stdout
    assert "Nothing changed." in ended.stdout
    assert list(temporary.iterdir()) == []  # autograph writes a file for every function it reads
