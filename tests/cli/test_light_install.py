"""The commands that only read work without TensorFlow, without extras, and without POSIX.

Nothing here has run on Windows or macOS: the modules and calls they lack are taken away on Linux.
"""

import json
import subprocess
import sys

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.cli import carry_out
from tests.conftest import REPOSITORY, Ended

DATA = REPOSITORY / "tests" / "data"
BARE = DATA / "bare_windows.py"
MODEL = PACKAGED / "version/artifacts/functional_archive_module/artifact/model.keras"
LITE, ARRAY = DATA / "tflite/pumps.tflite", DATA / "tflite/predictions.npy"
FOLDER = PACKAGED / "version/artifacts/custom_gradient_warning/artifact/model"
HDF5 = PACKAGED / "version/artifacts/initializer_dtype_from_tf1/artifact/model.h5"


@pytest.fixture
def bare(cli):
    """Run a module there."""

    def run(module, *arguments):
        done = subprocess.run(
            [sys.executable, str(BARE), module, *map(str, arguments)],
            cwd=cli.folder,
            env=cli.environment({}),
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["list"], " scenarios."),
        (["list", "--json"], '"id": "article-regressor"'),
        (["search", "Unknown layer"], "Next: "),
        (["explain", "article-regressor"], "mean and std"),
        (["explain", "--symptom", "zeros"], "Next: "),
        (["show", DATA / "run-schema-3.json"], "Broken paths that failed as declared"),
        (["runs"], "There are no runs in"),
        (["env", "list", "--all"], "not built"),
        (["env", "for", MODEL, "--no-restore"], "for release 2.15"),
        (["env", "for", HDF5, "--no-restore"], "for release 1.15"),
        (["diagnose", MODEL], "No fault found."),
        (["diagnose", MODEL, "--reader", "2.15", "--code", BARE], "No fault found."),
        (["diagnose", LITE], "scale 0.00391961"),
        (["diagnose", FOLDER], "SavedModel"),
        (["diagnose", MODEL, "--expected", ARRAY, "--predicted", ARRAY], "as expected"),
        (["diagnose", "--causes"], "Needs MODEL."),
        (["run", "--help"], "Usage: "),
    ],
    ids=lambda value: " ".join(map(str, value[:2])) if isinstance(value, list) else "",
)
def test_a_command_that_only_reads_works(bare, command, said):
    ended = bare("harness", *command)
    assert "Traceback" not in ended.stderr
    assert "ERROR" not in ended.stderr
    assert said in ended.stdout
    assert ended.code == 0, ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list", "0 of 8 done."),
        ("status", "Next exercise: sensor-model"),
        ("hint", "1. "),
        ("skip", "is left for later."),
        ("solution bicycles --reveal", "--- saved_range ---"),
        ("reset bicycles", "is as it was"),
    ],
)
def test_the_course_is_read_without_tensorflow(bare, tmp_path, words, said):
    (tmp_path / "progress.json").write_text("{}")
    (tmp_path / "bicycles" / "artifact").mkdir(parents=True)  # where it is gone, a model is saved
    (tmp_path / "bicycles" / "inputs.npz").touch()
    ended = bare("harness", "learn", *words.split(), "--dir", tmp_path)
    assert (ended.code, ended.stderr) == (0, "")
    assert said in ended.stdout


@pytest.mark.parametrize("model", [MODEL, HDF5], ids=lambda model: model.suffix)
def test_the_processes_that_read_a_model_work(bare, model):
    ended = bare("harness.formats", model)
    assert ended.code == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["keras"]
    diagnosed = bare("harness.diagnose", model, "")
    assert diagnosed.code == 0, diagnosed.stdout + diagnosed.stderr
    assert json.loads(diagnosed.stdout)["layers"]


def test_a_run_that_is_not_kept_is_a_sentence(bare):
    bare("harness", "show", "1").assert_refused(2, "no runs are kept")


def test_where_no_environment_can_be_built_that_is_a_sentence(bare):
    ended = bare("harness", "env", "add", "2.21")
    ended.assert_refused(3, "restorebench builds environments on Linux and macOS only")


@pytest.mark.parametrize("module", ["fcntl", "pwd", "resource", "termios", "tensorflow", "altair"])
def test_what_is_taken_away_is_gone(bare, module):
    assert f"No module named '{module}'" in bare(module).stderr


def test_without_what_draws_plots_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(carry_out, "find_spec", lambda name: None if name == "altair" else name)
    said = carry_out.describe_plots([], tmp_path, {})
    assert said.endswith("pip install 'restorebench[plots]'")
    assert len(said.splitlines()) == 1


def test_where_no_dose_gave_a_number_that_is_a_sentence(tmp_path):
    said = carry_out.describe_plots([], tmp_path, {})
    assert said == "No plot was made: no dose gave predictions that can be compared"


def test_questions_scalers_and_pages_need_no_more(bare, tmp_path):
    (tmp_path / "answers.txt").write_text("see: zeros\nbefore: images\n")
    asked = bare("harness", "diagnose", "--answers", tmp_path / "answers.txt")
    assert (asked.code, asked.stderr) == (0, "")
    assert asked.stdout.endswith("explain double-rescale\n")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(500, 9, (30, 2)))
    np.save(tmp_path / "t.npy", np.random.default_rng(1).normal(0, 1, (90, 2)))
    (tmp_path / "s.json").write_text('{"mean": [500, 500], "scale": [9, 9]}')
    beside = ("--train-sample", tmp_path / "t.npy", "--scaler", tmp_path / "s.json")
    reports = ("--html", tmp_path / "r.html", "--sarif", tmp_path / "r.sarif")
    told = bare("harness", "diagnose", "--inputs", tmp_path / "x.npy", *beside, *reports)
    assert (told.code, told.stderr) == (1, "")
    assert "1. features-not-scaled" in told.stdout
    assert (tmp_path / "r.html").is_file()
    assert (tmp_path / "r.sarif").is_file()
