"""`bench compare`: drifts since a baseline, and files of pytest-benchmark."""

import json
import zlib

import msgspec
import numpy as np
import pytest

from harness.bench.answers import answer_run
from harness.bench.compare import compare_benchmark_files, compare_runs
from harness.bench.request import BenchComparison, BenchRequest, BenchRun, BenchSide
from harness.bench.store import BenchStore, SavedRun, leave_out_paths
from harness.errors import UsageError
from harness.results.run import MachineFacts, RunEnvironment
from tests.conftest import REPOSITORY
from tests.unit.bench_data import make_pairs

NAME = "dense/call"


def make_side(label, lock):
    facts = RunEnvironment(tensorflow=f"{label}.0", keras="3.0", name=label, release=label)
    return BenchSide(label=label, environment=facts, lock=lock)


def make_run(ratio, seed=1, lock="one", pairs=12):
    """Return a saved run whose B takes `ratio` times as long as A."""
    comparison = BenchComparison(
        a=make_side("2.20", lock), b=make_side("2.21", "other"), workloads=[NAME]
    )
    run = BenchRun(
        id=1,
        created="2026-11-26T00:00:00+00:00",
        version="0",
        request=BenchRequest(releases=["2.20", "2.21"], workloads=[NAME]),
        machine=MachineFacts(),
        comparisons=[comparison],
    )
    rng = np.random.default_rng(seed)
    return SavedRun(run=run, measured=[{NAME: make_pairs(rng, ratio, pairs=pairs, between=0.004)}])


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [(1.2, 1.2, "same"), (1.0, 1.1, "slower"), (1.5, 1.2, "faster")],
)
def test_the_ratio_of_today_is_set_against_that_of_the_baseline(before, after, answer):
    (drift,) = compare_runs(make_run(before), make_run(after, seed=2))
    assert drift.answer == answer
    assert drift.ratio == pytest.approx(after / before, rel=0.02)


def test_runs_that_start_from_other_environments_are_not_compared():
    with pytest.raises(UsageError, match="different environments"):
        compare_runs(make_run(1.0), make_run(1.0, lock="two"))


def test_a_run_on_a_gpu_is_not_compared_with_one_on_the_cpu():
    run = make_run(1.0, seed=2)
    run.run.comparisons[0].device = "GPU:0"
    with pytest.raises(UsageError, match="different devices"):
        compare_runs(make_run(1.0), run)


def test_a_run_is_not_compared_with_itself():
    with pytest.raises(UsageError, match="the same run"):
        compare_runs(make_run(1.0), make_run(1.0))


def test_a_run_is_not_compared_with_what_was_saved_of_it(tmp_path):
    store, run = BenchStore(tmp_path), make_run(1.0)
    side = run.run.comparisons[0].a
    found = msgspec.structs.replace(side.environment, executable="/somewhere/python")
    run.run.comparisons[0].a = msgspec.structs.replace(side, environment=found)
    store.folder.mkdir()
    (store.folder / "all.bench").write_bytes(zlib.compress(msgspec.msgpack.encode(run)))
    store.save("all", "nightly")
    with pytest.raises(UsageError, match="the same run"):
        compare_runs(store.open("nightly"), run)


def test_too_few_pairs_are_no_answer():
    (drift,) = compare_runs(make_run(1.0), make_run(1.0, pairs=3))
    assert (drift.answer, drift.reason) == (
        "failed",
        "the run has 3 usable pairs, 5 are needed",
    )


def test_each_side_that_has_too_few_pairs_is_named_with_its_own_number():
    (drift,) = compare_runs(make_run(1.0, pairs=4), make_run(1.0, pairs=2))
    assert drift.reason == "the baseline has 4 and the run has 2 usable pairs, 5 are needed"


def test_a_run_is_saved_in_one_file_and_read_again(tmp_path):
    store, saved = BenchStore(tmp_path), make_run(1.1)
    run = store.start(saved.run.request)
    run.comparisons = saved.run.comparisons
    store.record(run)
    for pair in saved.measured[0][NAME]:
        kept = msgspec.structs.replace(pair, seed=run.request.seed)
        store.raw(run).keep(run.comparisons[0].key, kept)
    store.save("1", "nightly")
    assert msgspec.json.encode(store.open("nightly")) == msgspec.json.encode(store.open("1"))
    assert len(store.open("nightly").measured[0][NAME]) == 12
    with pytest.raises(UsageError, match="weekly is no run of bench"):
        store.open("weekly")


def test_a_saved_file_holds_no_path_of_the_machine_that_measured(tmp_path):
    store, saved = BenchStore(tmp_path), make_run(1.1)
    run = store.start(saved.run.request)
    run.comparisons = saved.run.comparisons
    side = run.comparisons[0].a
    place = "/somewhere/new/bin/python"
    found = msgspec.structs.replace(side.environment, executable=place, release=place)
    run.comparisons[0].a = msgspec.structs.replace(side, environment=found, label=place)
    run.comparisons[0].skipped = {"xla": f"{place}: /somewhere/m.keras has none"}
    run.request = msgspec.structs.replace(
        run.request,
        releases=[place, "2.21"],
        model="/somewhere/m.keras",
        inputs="/somewhere/x.npy",
        code="/somewhere/code.py",
    )
    store.record(run)
    file = store.save("1", "nightly")
    assert b"/somewhere" not in zlib.decompress(file.read_bytes())
    kept = store.open("nightly").run
    asked = kept.request
    assert (asked.model, asked.inputs, asked.code) == ("m.keras", "x.npy", "code.py")
    assert asked.releases == ["new/bin/python", "2.21"]
    assert kept.comparisons[0].a.label == "new/bin/python"
    assert kept.comparisons[0].skipped == {"xla": "new/bin/python: m.keras has none"}
    with pytest.raises(UsageError, match="the same run"):  # as it is, and as it was saved
        compare_runs(store.open("nightly"), store.open("1"))


@pytest.mark.parametrize("file", sorted((REPOSITORY / "reports").glob("*.bench")), ids=str)
def test_a_file_that_an_older_version_saved_is_read_and_compared(file):
    saved = BenchStore(REPOSITORY / "reports").open(str(file))
    assert answer_run(saved).comparisons
    with pytest.raises(UsageError, match="the same run"):
        compare_runs(saved, leave_out_paths(saved))


def test_a_name_that_is_a_number_is_refused_since_it_would_open_another_run(tmp_path):
    store = BenchStore(tmp_path)
    store.start(make_run(1.1).run.request)
    with pytest.raises(UsageError, match="cannot be saved as 12"):
        store.save("1", "12")


def test_only_an_unfinished_run_of_the_same_request_is_resumed(tmp_path):
    store, request = BenchStore(tmp_path), make_run(1.0).run.request
    assert store.find_unfinished(request) is None
    run = store.start(request)
    assert store.find_unfinished(request).id == run.id
    assert store.find_unfinished(msgspec.structs.replace(request, most_pairs=5)) is None
    assert store.find_unfinished(msgspec.structs.replace(request, seed=run.request.seed)) == run
    assert store.find_unfinished(msgspec.structs.replace(request, seed=98765)) is None
    run.finished = "now"
    store.record(run)
    assert store.find_unfinished(request) is None


def write_benchmarks(file, seconds):
    benchmarks = [
        {"fullname": name, "stats": {"min": min(data), "data": data}}
        for name, data in seconds.items()
    ]
    file.write_text(json.dumps({"benchmarks": benchmarks}))
    return file


def test_files_of_pytest_benchmark_prove_only_large_changes(tmp_path):
    before = write_benchmarks(
        tmp_path / "a.json", {"test_a": [1.0, 1.1], "test_b": [1.0, 1.1], "test_c": [1.0]}
    )
    after = write_benchmarks(tmp_path / "b.json", {"test_a": [2.0, 2.1], "test_b": [1.1, 1.2]})
    found = {each.workload: each.answer for each in compare_benchmark_files(before, after)}
    assert found == {"test_a": "slower", "test_b": "undecided", "test_c": "failed"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"benchmarks": [{}]}', '{"benchmarks": []}'])
def test_a_file_without_benchmarks_is_refused(tmp_path, content):
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(UsageError):
        compare_benchmark_files(file, file)
