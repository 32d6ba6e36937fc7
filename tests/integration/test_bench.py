"""`bench` with real TensorFlow: an environment against itself."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.long, pytest.mark.tensorflow]


def test_an_environment_is_not_slower_than_itself(tmp_path):
    words = ["bench", "this", "this", "-w", "dense/function,dense/load", "--pairs", "5"]
    ended = subprocess.run(
        [sys.executable, "-m", "harness", *words, "--json=bench.json", "--reports=reports"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert ended.returncode in (0, 5, 7), ended.stderr
    found = json.loads((tmp_path / "bench.json").read_text())["comparisons"]
    assert [each["workload"] for each in found] == ["dense/function", "dense/load"]
    for each in found:
        assert each["answer"] in ("same", "undecided", "void")
        assert each["calls"] >= 5 * 20
        assert each["controls"]["same"] not in ("slower", "faster")
