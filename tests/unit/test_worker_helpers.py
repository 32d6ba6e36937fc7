"""What the worker does with numpy alone: stopwatch, memory and the helpers of steps."""

import gc
import json
import sys

import numpy as np
import pytest

from harness.worker import stopwatch
from harness.worker.memory import growth_since, resident_bytes
from harness.worker.steps import SCENARIO_MODULE, load_scenario, save_arrays, write_atomically

INPUTS = np.ones((8, 2), "float32")


def test_a_measurement_is_json_and_ordered():
    timing, samples = stopwatch.measure(np.tanh, INPUTS)
    assert json.loads(json.dumps(timing)) == timing
    assert 0 < timing["p50_ms"] <= timing["p90_ms"] <= timing["p99_ms"]
    assert timing["p50_ms"] == pytest.approx(np.median(samples) / 1e6)
    assert (timing["batch_rows"], timing["large_batch_rows"]) == (8, 1024)
    assert timing["calls"] == len(samples)
    assert samples.dtype == np.int64


def test_cheap_calls_are_timed_often_and_at_most_a_thousand_times():
    fewest, most = stopwatch.STEADY_ENOUGH, stopwatch.STEADY_CALLS[1]
    assert fewest <= len(stopwatch.time_steady(np.tanh, INPUTS)) <= most


def test_dear_calls_are_timed_a_few_times(monkeypatch):
    monkeypatch.setattr(stopwatch, "STEADY_SECONDS", (0.0, 0.0))
    samples = stopwatch.time_steady(np.tanh, INPUTS)
    assert stopwatch.STEADY_CALLS[0] <= len(samples) <= stopwatch.STEADY_CALLS[0] + 1


def test_a_sample_is_the_whole_of_one_call_and_nothing_else(monkeypatch):
    readings = iter(range(0, 10**9, 7))
    monkeypatch.setattr(stopwatch.time, "perf_counter_ns", lambda: next(readings))
    assert set(stopwatch.time_steady(np.tanh, INPUTS)) == {7}


def test_warm_up_ends_when_a_block_is_no_faster(monkeypatch):
    block = stopwatch.WARM_UP_BLOCK
    taken = iter([100] * block + [50] * block + [49] * block + [1] * block)
    monkeypatch.setattr(stopwatch, "time_call", lambda *_: (next(taken), None))
    assert stopwatch.warm_up(None, None) == 3 * block


def test_garbage_collection_is_off_while_calls_are_timed_and_on_again_after():
    seen = set()

    def call(batch):
        seen.add(gc.isenabled())
        return batch

    assert gc.isenabled()
    stopwatch.measure(call, INPUTS)
    assert seen == {False}
    assert gc.isenabled()


def test_garbage_collection_is_on_again_after_a_call_that_raises():
    with pytest.raises(ZeroDivisionError):
        stopwatch.measure(lambda _: 1 // 0, INPUTS)
    assert gc.isenabled()


def test_memory_gained_is_seen():
    before = resident_bytes()
    kept = np.ones(4 * 2**20)  # 32 MiB, written to
    assert growth_since(before) > 16 * 2**20
    assert kept.size


def test_without_a_first_reading_growth_is_unknown():
    assert growth_since(None) is None


def test_a_scenario_is_loaded_under_a_name_nothing_can_import(tmp_path):
    file = tmp_path / "some_scenario.py"
    file.write_text("class Own:\n    pass\n")
    module = load_scenario(str(file))
    assert module.Own.__module__ == SCENARIO_MODULE
    assert not SCENARIO_MODULE.isidentifier()
    assert SCENARIO_MODULE not in sys.modules


def test_arrays_are_kept_with_weights_in_their_order(tmp_path):
    path = str(tmp_path / "reference.npz")
    weights = [np.full(2, index) for index in range(12)]
    save_arrays(path, np.arange(3), np.arange(4), weights)
    with np.load(path) as kept:
        assert kept["predictions"].tolist() == [0, 1, 2]
        assert kept["inputs"].tolist() == [0, 1, 2, 3]
        names = sorted(name for name in kept.files if name.startswith("weight."))
        assert [int(kept[name][0]) for name in names] == list(range(12))


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")

    def fail(part):
        part.write(b"half")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        write_atomically(str(path), fail)
    assert path.read_text() == "old"
