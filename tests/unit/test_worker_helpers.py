"""What the worker does with numpy alone: stopwatch, memory and the helpers of steps."""

import gc
import itertools
import json
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results.outcome import read_step_arrays
from harness.worker import stopwatch
from harness.worker.memory import growth_since, resident_bytes
from harness.worker.observe_model import find_heads, predict_probes
from harness.worker.restore_model import rank_signature
from harness.worker.steps import (
    SCENARIO_MODULE,
    describe_error,
    load_scenario,
    read_inputs,
    save_arrays,
    write_atomically,
)
from harness.worker.tf_examples import find_features

INPUTS = np.ones((8, 2), "float32")


def make_call(monkeypatch, nanoseconds):
    """A call that takes the given nanoseconds one after the other, by a clock that it moves."""
    now, taken = [0], iter(nanoseconds)

    def call(batch):
        now[0] += next(taken)
        return batch

    monkeypatch.setattr(stopwatch.time, "perf_counter_ns", lambda: now[0])
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: now[0] / 1e9)
    return call


def test_a_measurement_is_json_and_ordered(monkeypatch):
    call = make_call(monkeypatch, itertools.cycle([90_000, 100_000, 110_000, 120_000]))
    timing, samples = stopwatch.measure(call, INPUTS)
    assert json.loads(json.dumps(timing)) == timing
    assert 0 < timing["p50_ms"] <= timing["p90_ms"] <= timing["p99_ms"]
    assert timing["p50_ms"] == pytest.approx(np.median(samples) / 1e6)
    assert (timing["batch_rows"], timing["large_batch_rows"]) == (8, 1024)
    assert timing["calls"] == len(samples)
    assert timing["large_batch_calls"] == stopwatch.LARGE_BATCH_CALLS
    assert samples.dtype == np.int64


@pytest.mark.parametrize("milliseconds", [1, 20, 40, 400])
def test_a_quantile_needs_enough_calls(monkeypatch, milliseconds):
    steps = itertools.cycle([0.9, 1.0, 1.1])
    call = make_call(monkeypatch, (int(milliseconds * 1e6 * next(steps)) for _ in iter(int, 1)))
    timing, samples = stopwatch.measure(call, INPUTS)
    assert timing["p50_ms"] == np.median(samples) / 1e6
    assert (timing["p90_ms"] is None) == (timing["calls"] < 10)
    assert (timing["p99_ms"] is None) == (timing["calls"] < 100)


@given(st.integers(min_value=1, max_value=10**9), st.integers(min_value=0, max_value=2**32 - 1))
def test_the_median_has_settled_when_its_interval_is_narrow(nanoseconds, seed):
    draws = np.random.default_rng(seed).random(400)
    alike = [int(nanoseconds * (1 + draw / 20)) for draw in draws]
    assert not stopwatch.has_settled(alike[:5])
    assert stopwatch.has_settled([nanoseconds * 20] * 6)
    assert stopwatch.has_settled([value * 100 for value in alike])
    assert not stopwatch.has_settled([nanoseconds, 2 * nanoseconds] * 3)


def test_the_interval_of_the_median_holds_the_median_95_times_in_100():
    """Of the interval alone, for 6 to 100 calls of a skewed distribution whose median is 1."""
    random = np.random.default_rng(0)
    for count in (6, 9, 13, 19, 28, 42, 63, 94):
        below = stopwatch.rank_below_median(count)
        drawn = np.sort(np.exp(random.standard_normal((4000, count))), axis=1)
        holds = (drawn[:, below - 1] <= 1) & (drawn[:, count - below] >= 1)
        assert holds.mean() > 0.94


def test_calls_that_take_the_same_time_are_timed_no_longer_than_needed(monkeypatch):
    call = make_call(monkeypatch, itertools.repeat(1_000_000))
    least = stopwatch.STEADY_SECONDS[0]
    assert len(stopwatch.time_steady(call, INPUTS)) * 1e-3 <= 2 * least


def test_calls_that_differ_are_timed_until_there_is_no_time_left(monkeypatch):
    call = make_call(monkeypatch, itertools.cycle([500_000, 1_500_000]))
    samples = stopwatch.time_steady(call, INPUTS)
    assert samples.sum() / 1e9 == pytest.approx(stopwatch.STEADY_SECONDS[1], rel=0.05)


def test_cheap_calls_are_timed_at_most_a_thousand_times(monkeypatch):
    call = make_call(monkeypatch, itertools.repeat(1))
    assert len(stopwatch.time_steady(call, INPUTS)) == stopwatch.STEADY_CALLS[1]


def test_dear_calls_are_timed_a_few_times_and_not_with_a_large_batch(monkeypatch):
    rows = []
    slow = make_call(monkeypatch, itertools.repeat(10**9))

    def call(batch):
        rows.append(len(batch))
        return slow(batch)

    timing, samples = stopwatch.measure(call, INPUTS)
    assert samples.tolist() == [10**9] * stopwatch.STEADY_CALLS[0]
    assert timing["warm_up_calls"] == 1
    assert set(rows) == {len(INPUTS)}
    assert (timing["large_batch_rows"], timing["large_batch_calls"]) == (len(INPUTS), 0)
    assert timing["throughput_rows_per_second"] == len(INPUTS)


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


ml_dtypes = pytest.importorskip("ml_dtypes")


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float16", "float32", "int8", "<U3"])
def test_the_dtype_of_predictions_reaches_the_judge(tmp_path, name):
    own = not hasattr(ml_dtypes, name)
    kind = np.dtype(name) if own else np.dtype(getattr(ml_dtypes, name))
    predictions = np.array([1, 2, 3]).astype(kind)
    save_arrays(str(tmp_path / "it.npz"), predictions, weights=[predictions])
    found = read_step_arrays(tmp_path / "it.npz")
    assert found.dtype == ("" if own else name)
    assert found.predictions.dtype == (kind if own else np.float32)
    wanted = predictions if own else predictions.astype(np.float32)
    assert np.array_equal(found.predictions, wanted)
    assert np.array_equal(found.weights[0], wanted)


def test_inputs_come_back_in_the_dtype_they_had(tmp_path):
    class TensorFlow:
        @staticmethod
        def as_dtype(name):
            return types.SimpleNamespace(as_numpy_dtype=getattr(ml_dtypes, name))

    inputs = np.array([[1.5], [2.5]]).astype(ml_dtypes.bfloat16)
    save_arrays(str(tmp_path / "it.npz"), np.ones(2), inputs)
    back = read_inputs(TensorFlow, tmp_path / "it.npz")
    assert back.dtype == inputs.dtype
    assert np.array_equal(back, inputs)


class Unprintable(Exception):
    def __str__(self):
        raise KeyboardInterrupt


def test_an_exception_that_cannot_be_printed_is_described():
    try:
        raise Unprintable
    except Unprintable as error:
        described = describe_error(error)
    assert described["type"] == "Unprintable"
    assert described["message"] == "(its __str__ raises KeyboardInterrupt)"
    assert describe_error(ValueError("half: \udc80"))["message"] == "half: \\udc80"


def test_an_exception_is_described_without_the_bold_words_of_keras():
    try:
        raise ValueError("calling \x1b[1mSequential.call()\x1b[0m.")
    except ValueError as error:
        described = describe_error(error)
    assert described["message"] == "calling Sequential.call()."
    assert "\x1b" not in described["traceback"]


def test_the_signature_that_is_called_is_the_default_unless_it_parses_examples():
    def signature(*ops):
        found = [types.SimpleNamespace(type=op) for op in ops]
        return types.SimpleNamespace(graph=types.SimpleNamespace(get_operations=lambda: found))

    def choose(signatures):
        return min(signatures, key=lambda name: rank_signature(name, signatures[name]))

    plain, parsing = signature("Placeholder"), signature("Placeholder", "ParseExampleV2")
    assert choose({"classify": plain, "serving_default": plain}) == "serving_default"
    assert choose({"serving_default": parsing, "predict": plain}) == "predict"
    assert choose({"serving_default": parsing, "classification": parsing}) == "serving_default"


def test_heads_are_found_behind_layers_that_only_change_the_shape():
    def tensor(kind, before=None):
        layer = type(kind, (), {"input": before})()
        return types.SimpleNamespace(_keras_history=(layer, 0, 0))

    body = tensor("Dense", tensor("InputLayer"))
    left, right = tensor("Dense", body), tensor("Dense", body)
    found = find_heads([left, tensor("Flatten", tensor("Reshape", right))])
    assert [type(each).__name__ for each in found] == ["Dense", "Flatten", "Reshape", "Dense"]
    assert found[0] is left._keras_history[0]
    assert found[-1] is right._keras_history[0]
    assert find_heads(None) == find_heads([types.SimpleNamespace()]) == []


@pytest.mark.parametrize("op", ["ParseExample", "ParseExampleV2"])
def test_the_features_that_a_signature_parses_are_read_in_its_graph(op):
    def constant(*keys):
        made = types.SimpleNamespace(type="Const", get_attr={"value": np.array(keys, object)}.get)
        return types.SimpleNamespace(op=made)

    def shape(*sizes):
        return types.SimpleNamespace(dim=[types.SimpleNamespace(size=size) for size in sizes])

    keys = [constant(b"word"), constant(b"a", b"n")]
    if op == "ParseExample":
        keys = [constant(b"word"), constant(b"a"), constant(b"n")]
    attributes = {
        "dense_shapes": [shape(2, 3), shape()],
        "Tdense": ["float32", "int64"],
        "sparse_types": ["string"],
    }
    node = types.SimpleNamespace(
        type=op, inputs=[None, None, *keys, constant(b"default")], get_attr=attributes.get
    )
    graph = types.SimpleNamespace(get_operations=lambda: [node])
    tensorflow = types.SimpleNamespace(
        make_ndarray=lambda value: value, as_dtype=lambda name: types.SimpleNamespace(name=name)
    )
    found = find_features(tensorflow, types.SimpleNamespace(graph=graph))
    assert found == [["word", 1, "string"], ["a", 6, "float32"], ["n", 1, "int64"]]


def test_changed_inputs_of_one_shape_are_predicted_in_one_call_and_a_refusal_costs_itself(tmp_path):
    file, sizes = tmp_path / "probes.npz", []
    np.savez(file, **{"000": np.ones((4, 3)), "001": 2 * np.ones((4, 3)), "002": np.ones((4, 5))})

    def predict(inputs, most=None):
        sizes.append(inputs[0].shape)
        if inputs[0].shape[1] != 3 or (most and len(inputs[0]) > most):
            raise ValueError("not this shape")
        return [inputs[0].sum(axis=1, keepdims=True)]

    specs = [{"dtype": "float32"}]
    found = predict_probes({"probes": str(file)}, specs, predict)
    assert [each.size for each in found] == [4, 4, 0]
    assert [each.sum() for each in found[:2]] == [12, 24]
    assert sizes[0] == (8, 3)
    by_four = predict_probes({"probes": str(file)}, specs, lambda given: predict(given, 4))
    assert [each.sum() for each in by_four] == [12, 24, 0]
