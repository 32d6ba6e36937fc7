"""Every command that an output suggests can be typed, and does something."""

import shutil
from pathlib import Path

import h5py
import pytest
import typer

from harness.catalog.load import PACKAGED
from harness.cli import app
from harness.cli.commands import walk_commands
from harness.errors import RestorebenchError
from harness.program import TAKERS
from harness.results.outcome import Raw
from harness.results.store import Store
from tests.cli.suggestions import find_suggestions, find_unpasteable
from tests.cli.test_bad_input import OUT_OF_RANGE, SENSELESS, UNKNOWN_IDS
from tests.unit.builders import ENVIRONMENT, MACHINE, make_outcome, write_scenario

STARTED = 99  # the exit code of a command that would now start TensorFlow, or build or remove
OWN = ["--scenarios", "my own"]
KEPT = ["--reports", "my runs"]
MODELS = PACKAGED / "version" / "artifacts"
COMMANDS = [
    ["list"],
    ["list", "zeros"],
    ["list", "no-such-word"],
    ["list", *OWN],
    ["list", "no-such-word", *OWN],
    ["search", "predicts zeros"],
    ["search", "xyzzy"],
    ["search", "zeros", *OWN],
    ["search", "xyzzy", *OWN],
    ["explain", "dead-relu-head"],
    ["explain", "small-case", *OWN],
    ["explain", "--symptom", "zeros"],
    ["explain", "--symptom", "zeros", *OWN],
    ["explain", "--symptom", "crash", *OWN],
    ["explain", *OWN],
    ["explain", "smal-case", *OWN],
    ["explain", "misses-colon", "--scenarios", "my broken"],
    ["new", "my-case", *OWN],
    ["index", "--check", *OWN],
    ["index", *OWN],
    ["artifact", "--all", "--check"],
    ["artifact", *OWN],
    ["runs"],
    ["runs", *KEPT],
    ["runs", "--reports", "no runs"],
    ["show", 1, *KEPT],
    ["show", 2, *KEPT],
    ["show", 3, *KEPT],
    ["show", 9, *KEPT],
    ["show", 9, "--reports", "no runs"],
    ["show", 1, "--output", "small-case", *KEPT],
    ["show", 1, "--output", "xyzzy", *KEPT],
    ["show", "my file.json"],
    ["show", "my file.json", "--output", "small-case"],
    ["show", "my file.json", "--output", "small-case", *KEPT],
    ["show", "no file.json", *KEPT],
    ["diff", *KEPT],
    ["diff", 1, *KEPT],
    ["diff", 1, 1, *KEPT],
    ["diff", 1, 2, *KEPT],
    ["diff", 1, 3, *KEPT],
    ["diff", 1, "my file.json", *KEPT],
    ["diff", 1, 9, *KEPT],
    ["diff", "--tf", "2.20", *KEPT],
    ["diff", "--tf", "2.20,2.21", "--scenarios", "my broken"],
    ["run", *OWN, *KEPT],
    ["run", "--resume", "--all", *KEPT],
    ["run", "--resume", "--reports", "no runs"],
    ["run", "--all", "--scenarios", "my broken"],
    ["run", "--all", "--writer", "2.15", *OWN, *KEPT],
    ["run", "--all", "--executor", "dask", *OWN, *KEPT],
    ["run", "small-case", "--format", "nope", *OWN, *KEPT],
    ["env"],
    ["env", "list"],
    ["env", "list", "--all"],
    ["env", "show", "2.15"],
    ["env", "show", "2.20"],
    ["env", "show", "2.16 with keras>=3,<4"],
    ["env", "remove", "2.15"],
    ["env", "remove", "--all"],
    ["env", "remove", "./no python"],
    ["env", "prune"],
    ["env", "requirements", "2.15"],
    ["env", "requirements", "2.16", "--with", "keras>=3,<4"],
    ["env", "for", MODELS / "newer_keras_file", "--no-restore"],
    ["env", "for", "my model", "--no-restore"],
    ["env", "for", "a custom.h5", "--no-restore"],
    ["env", "for", "a custom.h5"],
    ["env", "for", "weights only.h5"],
    ["env", "for", "runs code.h5"],
    ["env", "for", "runs code.h5", "--reader", "2.15,2.16 with keras>=3", "--code", "code.py"],
    ["env", "for", "runs code.h5", "--no-restore"],
    ["env", "for", "runs code.h5", "--no-restore", "--trust"],
    ["env", "for", "no model"],
    *[[*words, *OWN] for words in UNKNOWN_IDS],
    *[arguments for arguments, _ in SENSELESS],
    *[arguments.split() for arguments in OUT_OF_RANGE],
]


class Started(RestorebenchError):
    """The command has understood everything, and would now begin."""

    exit_code = STARTED


def stop(*_, **__):
    """Stand in for what takes long."""
    raise Started("it would begin now")


@pytest.fixture
def world(call, tmp_path, monkeypatch):
    """Folders with blanks in their names; what takes long is not begun."""

    for place in (
        "harness.api.start_run",
        "harness.cli.diff_releases.start_run",
        "harness.cli.build_progress.build_all",
        "harness.cli.env_for.restore_and_compare",
        "harness.artifacts.regenerate.open_writer",
    ):
        monkeypatch.setattr(place, stop)
    write_scenario(tmp_path / "my own")
    broken = write_scenario(tmp_path / "my broken", "misses-colon")
    broken.write_text(broken.read_text().replace("seed):", "seed)"))
    make_runs(call, tmp_path)
    shutil.copytree(MODELS / "newer_keras_file", tmp_path / "my model")
    shutil.copy(MODELS / "gru_reset_after_tf1/artifact/weights.h5", tmp_path / "weights only.h5")
    shutil.copy(MODELS / "lambda_other_python/artifact/model.h5", tmp_path / "runs code.h5")
    shutil.copy(MODELS / "initializer_dtype_from_tf1/artifact/model.h5", tmp_path / "a custom.h5")
    with h5py.File(tmp_path / "a custom.h5", "r+") as file:
        config = file.attrs["model_config"]
        text = config if isinstance(config, str) else config.decode()
        file.attrs["model_config"] = text.replace('"class_name": "Dense"', '"class_name": "Mine"')
    (tmp_path / "code.py").touch()  # which the reader is told to write
    return call


def make_runs(call, folder: Path) -> None:
    """Keep a finished run, an unfinished one and an empty one; write the first as a file."""
    store = Store(folder / "my runs")
    request = {"scenarios": [], "root": str(folder / "my own"), "command": ["run"]}
    for outcomes in (1, 2, 0):
        run = store.start_run(request, MACHINE)
        store.set_environments(run, [ENVIRONMENT])
        for seed in range(outcomes):
            outcome = make_outcome(scenario="small-case", verdict="zeros", seed=seed)
            store.add(run, outcome, Raw())
        if outcomes == 1:
            store.finish(run)
    store.close()
    call("show", 1, *KEPT, "--json", "my file.json")


def assert_suggestions_can_be_typed(world, output: str) -> None:
    """Every command in an output is accepted; `Next:` is followed by a command and nothing else."""
    assert find_unpasteable(output) == []
    for suggestion in find_suggestions(output):
        tried = world(*suggestion.words)
        if "correct the file, then: " in suggestion.line:
            assert "has a mistake" in tried.stderr
        else:
            assert tried.code in (0, 1, STARTED), f"{suggestion.line}\n{tried.stderr}"


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda words: " ".join(map(str, words)))
def test_every_suggested_command_can_be_typed(world, arguments):
    ended = world(*arguments)
    output = ended.stdout + ended.stderr
    assert "Traceback" not in output
    assert_suggestions_can_be_typed(world, output)


@pytest.mark.long
@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "returns-nan", "--seeds", 2, "--no-timing"],
        ["check", "for-keras-2"],
        ["check", "for-older-releases"],
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_every_command_that_a_run_suggests_can_be_typed(cli, faulty, world, arguments):
    folder = cli.folder / "my faulty" / "restore"
    folder.mkdir(parents=True)
    text = (faulty / "restore" / "returns_nan.py").read_text()
    for name, key in (
        ("returns-nan", '"tensorflow": ">=1.15",'),
        ("for-keras-2", '"tensorflow": ">=1.15", "keras": "<3",'),
        ("for-older-releases", '"tensorflow": "<2.12", "extras": ["scikit-learn"],'),
    ):
        changed = text.replace('"tensorflow": ">=1.15",', key).replace("returns-nan", name)
        (folder / f"{name.replace('-', '_')}.py").write_text(changed)
    ended = cli(*arguments, "--scenarios", "my faulty", "--reports", "my other runs")
    output = ended.stdout + ended.stderr
    assert "Next: " in output
    assert_suggestions_can_be_typed(world, output)


def test_a_tip_names_the_folders_that_were_given(world):
    found = find_suggestions(world("run", *OWN, *KEPT).stderr)
    assert found[0].words == ["run", "--all", *OWN, *KEPT]
    assert found[1].words == ["list", *OWN]


def test_the_folders_that_tips_name_are_those_that_commands_take():
    for option, commands in TAKERS.items():
        found = {
            name.split()[0]
            for name, command in walk_commands(typer.main.get_command(app))
            if any(option in parameter.opts for parameter in command.params)
        }
        assert found == commands
