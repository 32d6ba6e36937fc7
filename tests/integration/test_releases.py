"""Other releases, for real: environments are built with uv, and scenarios run in them."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.releases]

TF1 = Path(__file__).resolve().parent.parent / "data" / "scenarios_tf1"


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Where this session's environments are built; uv's own cache makes them quick."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def cli(cli, cache, monkeypatch):
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(cache))
    return cli


@pytest.mark.parametrize("options", [[], ["--spawn", "--no-timing"]], ids=["fork", "spawn"])
def test_a_scenario_runs_in_tensorflow_1_15_on_python_3_7(cli, options):
    ended = cli("run", "--all", "--scenarios", TF1, "--tf", "1.15", *options)
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


def test_faults_cost_only_their_own_path_in_tensorflow_1_15_too(cli, faulty):
    ids = [
        "segfaults",
        "exits-with-three",
        "kills-its-worker",
        "leaves-a-grandchild",
        "prints-garbage",
        "imports-itself",
    ]
    ended = cli("run", *ids, "--scenarios", faulty, "--tf", "1.15", "--no-timing")
    ended.assert_ran(0)
    assert len(cli.outcomes()) == 2 * len(ids)


@pytest.mark.parametrize("release", ["1.15", "2.15"])
def test_everything_is_as_declared_in_another_release(cli, release):
    ended = cli("run", "--all", "--tf", release, "--no-timing")
    ended.assert_ran(0)
    assert ended.stdout.startswith(f"TensorFlow {release}.")
    assert "skipped: not applicable to this environment." in ended.stdout
    assert "Nothing changed." in ended.stdout


def test_keras_2_leaves_no_temporary_file(cli, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ended = cli("run", "raw-tf-variable", "--legacy-keras", TMPDIR=str(temporary))
    ended.assert_ran(0)
    assert ", tf_keras 2." in ended.stdout
    assert list(temporary.iterdir()) == []  # autograph writes a file for every function it reads


def test_an_environment_that_is_built_again_holds_the_same(cli):
    cli("env", "add", "2.4").assert_ran(0)
    first = cli("env", "show", "2.4").stdout.splitlines()[1:]
    cli("env", "remove", "2.4").assert_ran(0)
    cli("env", "add", "2.4").assert_ran(0)
    assert cli("env", "show", "2.4").stdout.splitlines()[1:] == first


def test_a_requirement_that_nobody_has_is_a_sentence_and_the_others_stay(cli):
    cli("env", "add", "2.4").assert_ran(0)
    ended = cli("env", "add", "2.4", "--with", "no-such-package-anywhere==1.0")
    assert ended.code == 3
    assert "could not be built" in ended.stderr
    assert "Traceback" not in ended.stderr
    cli("env", "show", "2.4").assert_ran(0)
