"""A few mutated files for every reader; python -m tests.formats.fuzz makes a hundred thousand."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from harness.diagnose import file_answer
from tests.conftest import REPOSITORY
from tests.formats.fuzz.mutate import mutate
from tests.formats.fuzz.oracle import Tally, judge
from tests.formats.fuzz.readers import READERS

INPUTS = 60
IN_PYTHON = [name for name, reader in READERS.items() if not reader.in_c]
IN_C = [name for name, reader in READERS.items() if reader.in_c]


@pytest.fixture
def in_this_process(monkeypatch):
    """Give `diagnose` its reading process back after the test."""
    monkeypatch.setattr(file_answer, "run_reader", file_answer.run_reader)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_mutated_file_is_answered_or_refused(name, tmp_path):
    chance, tally = random.Random(7), Tally()
    seeds = READERS[name].seeds(tmp_path)
    for _ in range(INPUTS):
        judge(name, tmp_path, mutate(chance, seeds), tally)
    assert tally.faults == {}
    assert (tally.inputs, tally.died) == (INPUTS, 0)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("name", IN_PYTHON + IN_C)
def test_a_seed_is_answered(name, tmp_path):
    seeds, tally = READERS[name].seeds(tmp_path), Tally()
    for data in seeds[:8]:
        judge(name, tmp_path, data, tally)
    assert (tally.answers, tally.faults) == (min(8, len(seeds)), {})


@pytest.mark.parametrize("name", IN_C)
def test_a_mutated_hdf5_file_is_answered_or_refused(name, tmp_path):
    script = Path(__file__).with_name("fuzz") / "run.py"
    done = subprocess.run(
        [sys.executable, script, name, str(INPUTS), "7", tmp_path, "plain"],
        env={"PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    tally = Tally(**json.loads((tmp_path / "tally.json").read_text()))
    assert tally.faults == {}
    assert done.returncode < 0 or tally.inputs == INPUTS, done.stderr
