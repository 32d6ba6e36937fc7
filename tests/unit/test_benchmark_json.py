"""pytest-benchmark's own `compare` reads our timings: harness/results/benchmark_json.py."""

import json
import subprocess
import sys

import pytest

from harness.results.benchmark_json import make_benchmarks
from tests.unit.builders import make_record, make_run

OWN = "tensorflow-2.21.0+keras-3.15.1"
KEY = ("small-case", "restore_broken", "CPU:0", 7, None, OWN, OWN)


def write(path, samples, *records):
    document = make_benchmarks(make_run([make_record(), *records]), samples)
    path.write_text(json.dumps(document, allow_nan=False))
    return path


def test_pytest_benchmark_compares_two_runs(tmp_path):
    gpu = make_record(device="GPU:0", seed=8)
    other = ("small-case", "restore_broken", "GPU:0", 8, None, OWN, OWN)
    samples = {KEY: [0.001, 0.002, 0.003], other: [0.004]}
    files = [write(tmp_path / f"{name}.json", samples, gpu) for name in ("before", "after")]
    command = [sys.executable, "-m", "pytest_benchmark", "compare", *map(str, files)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("small-case[restore_broken-7]") == 2
    assert done.stdout.count("small-case[restore_broken-8-GPU:0]") == 2


def test_statistics_are_of_the_samples_in_seconds():
    document = make_benchmarks(make_run([make_record()]), {KEY: [0.001, 0.002, 0.006]})
    [benchmark] = document["benchmarks"]
    assert benchmark["stats"]["min"] == 0.001
    assert benchmark["stats"]["median"] == 0.002
    assert benchmark["stats"]["mean"] == pytest.approx(0.003)
    assert benchmark["stats"]["rounds"] == 3
    assert benchmark["params"] == {"path": "restore_broken", "seed": 7, "device": "CPU:0"}
    assert benchmark["extra_info"]["verdict"] == "zeros"


def test_outcomes_without_timing_are_left_out():
    assert make_benchmarks(make_run([make_record()]), {})["benchmarks"] == []
    assert make_benchmarks(make_run([make_record()]), {KEY: []})["benchmarks"] == []
