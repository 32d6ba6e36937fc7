"""Healthy models are not called unsafe: committed files, and small models of every environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.catalog.load import PACKAGED
from harness.environments.cache import find_cache, python_of
from harness.formats.facts import Unreadable
from harness.formats.recognize import find_models, read_facts
from tests.formats.diagnose_healthy import find_alarms

WRITE = Path(__file__).with_name("write_healthy.py")
MOST_UNSAFE = MOST_ALARMS = 0.01  # of healthy models
WRITERS = ("1.15", "2.4", "2.13", "2.15", "2.16", "2.16+legacy", "2.18", "2.21")  # where built
# This scenario is about a Lambda layer, whose code is in its file.
HOLDS_CODE = "lambda_other_python"


def find_unsafe(paths):
    """Return each path that is called unsafe or refused, with the reasons."""
    found = {}
    for path in paths:
        try:
            reasons = read_facts(path).dangers
        except Unreadable as error:
            reasons = [str(error)]
        if reasons:
            found[str(path)] = reasons
    return found


def write_models(python, folder, legacy=False, seed=()):
    """Let an interpreter write its models, as trained with a seed; return their paths."""
    variables = os.environ | ({"TF_USE_LEGACY_KERAS": "1"} if legacy else {})
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # TensorFlow takes three times as long
    subprocess.run(
        [python, WRITE, folder, *map(str, seed)], env=variables, check=True, capture_output=True
    )
    return [folder / name for name in json.loads((folder / "written.json").read_text())]


def test_of_the_committed_files_only_the_one_with_a_lambda_is_unsafe():
    paths = [
        model
        for folder in sorted(PACKAGED.glob("version/artifacts/*/artifact"))
        for model in find_models(folder)
    ]
    assert len(paths) > 20
    unsafe = find_unsafe(paths)
    assert all(HOLDS_CODE in path for path in unsafe), unsafe
    assert unsafe


@pytest.mark.long
@pytest.mark.tensorflow
def test_no_model_that_this_tensorflow_writes_is_unsafe(tmp_path):
    paths = write_models(sys.executable, tmp_path)
    assert len(paths) > 60
    assert find_unsafe(paths) == {}


@pytest.mark.long
@pytest.mark.tensorflow
def test_diagnose_finds_nothing_in_models_that_this_tensorflow_wrote_as_trained(tmp_path):
    write_models(sys.executable, tmp_path, seed=(1, 1))
    found = find_alarms(tmp_path)
    assert len(found) > 100
    alarms = {name: causes for name, causes in found.items() if causes}
    assert len(alarms) <= MOST_ALARMS * len(found), alarms


@pytest.mark.study
@pytest.mark.releases
@pytest.mark.tensorflow
def test_at_most_one_in_a_hundred_models_of_eight_environments_is_unsafe(tmp_path):
    paths = []
    for name in WRITERS:
        python = python_of(find_cache() / name)
        if python.exists():
            paths += write_models(python, tmp_path / name, name.endswith("+legacy"))
    assert paths, "no environment is built: python -m harness env add"
    unsafe = find_unsafe(paths)
    print(f"{len(unsafe)} of {len(paths)} healthy models are called unsafe")
    assert len(unsafe) <= MOST_UNSAFE * len(paths), unsafe
