"""pytest-benchmark's own `compare` reads our timings: harness/results/benchmark_json.py."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results.benchmark_json import make_benchmarks
from tests.unit.builders import make_outcome, make_record, make_run

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


def name_of(release):
    return f"tensorflow-{release}+keras-{release}"


KEYS = st.builds(
    dict,
    path=st.sampled_from(["restore_broken", "restore_fixed_it"]),
    device=st.sampled_from(["CPU:0", "GPU:0"]),
    seed=st.integers(0, 2),
    dose=st.sampled_from([None, 0.5, -0.5, 5e-324, 0.1, 0.1 + 1e-16]),
    writer=st.sampled_from(["2.15", "2.16", "2.21"]).map(name_of),
    reader=st.sampled_from(["2.15", "2.16", "2.21"]).map(name_of),
)


@given(st.lists(KEYS, min_size=1, max_size=30))
def test_no_two_outcomes_of_a_run_have_one_name(keys):
    outcomes = {make_outcome(**key).key: make_record(**key) for key in keys}
    document = make_benchmarks(make_run(outcomes.values()), {key: [0.001] for key in outcomes})
    names = [each["fullname"] for each in document["benchmarks"]]
    assert len(set(names)) == len(names) == len(outcomes)


def test_two_writers_of_one_reader_are_told_apart():
    keys = [make_outcome(writer=name_of(each)).key for each in ("2.15", "2.21")]
    records = [make_record(writer=name_of(each)) for each in ("2.15", "2.21")]
    document = make_benchmarks(make_run(records), {key: [0.001] for key in keys})
    assert [each["name"] for each in document["benchmarks"]] == [
        "small-case[restore_broken-7-from tensorflow-2.15+keras-2.15]",
        "small-case[restore_broken-7-from tensorflow-2.21+keras-2.21]",
    ]
