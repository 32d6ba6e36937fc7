"""docs/tutorials/seal-your-model.md does what it shows: its scripts are run as they stand there."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from harness.processes.cage import find_obstacle
from tests.conftest import REPOSITORY, UNSET

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.long,
    pytest.mark.skipif(bool(find_obstacle()), reason="no cage"),
]

PAGE = (REPOSITORY / "docs" / "tutorials" / "seal-your-model.md").read_text()
SCRIPTS = dict(re.findall(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
SHOWN = re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
(CURE,) = re.findall(r"^```python\n(    def get_config.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
WRONG = "    def get_config(self):\n        return super().get_config()  # forgets the share\n"
HOUSES = np.random.default_rng(2).normal([90, 3, 30], [25, 1, 12], (50, 3)).astype("float32")


def blur(text):
    """Return a text without its numbers, which depend on the day and on the processor."""
    return re.sub(r"-?\d[\d.e-]*", "N", text)


@pytest.fixture
def run(tmp_path):
    """Run a command in a folder with the page's scripts; return what it printed."""
    for name, script in SCRIPTS.items():
        (tmp_path / name).write_text(script)
    np.save(tmp_path / "today.npy", HOUSES)
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    kept |= {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", "CUDA_VISIBLE_DEVICES": "-1"}

    def run(*words, code=0):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return blur(done.stdout)

    return run


def test_the_tutorial_prints_what_it_shows(run, tmp_path):
    verify = ("-m", "harness", "verify", "price.keras", "--code", "train.py")
    run("train.py")
    assert run(*verify, code=1) == blur(SHOWN[0])
    script = tmp_path / "train.py"
    assert WRONG in script.read_text()
    script.write_text(script.read_text().replace(WRONG, CURE))
    run("train.py")
    assert run(*verify) == blur(SHOWN[1])
    assert run("serve.py", "today.npy", code=1) == blur(SHOWN[2])
    tested = run("-m", "pytest", "-q", "-p", "restorebench_pytest", "test_price.py")
    assert "N passed" in tested
