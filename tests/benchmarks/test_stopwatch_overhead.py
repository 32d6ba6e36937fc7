"""The stopwatch adds under 1% to a hand-written loop around a call of about a millisecond.

Both time the same numpy call in alternating blocks (ABBA), so that a slower minute of the machine
falls on both alike, and on one core; each side counts with the fastest of its calls, which is what
noise on a shared machine disturbs least. `make test` looks until the stopwatch is within 5%, and
proves that a stopwatch which adds a fifth never comes there. To measure to 1%:
    python -m pytest tests/benchmarks/test_stopwatch_overhead.py --benchmark-enable
"""

import gc
import os
from time import perf_counter

import numpy as np
import pytest

from harness.worker import stopwatch

INPUTS = np.linspace(0.0, 1.0, 100_000)
BLOCKS = 10  # of ABBA
ALLOWED = 1.01  # where it is measured
TOLERATED = 1.05  # where other tests run beside it
LINGERING = 0.2  # of a call: what the slow stopwatch of the second test adds


def call(inputs):
    """About a millisecond on one core; numpy's own loops, no thread of a BLAS."""
    return np.tanh(inputs)


def time_by_hand(calls):
    """The seconds of every call, as anybody would time them."""
    seconds = []
    for _ in range(calls):
        started = perf_counter()
        call(INPUTS)
        seconds.append(perf_counter() - started)
    return seconds


def find_fastest_by_probe():
    samples = stopwatch.time_steady(call, INPUTS)
    return samples.min() / 1e9, len(samples)


@pytest.fixture
def one_core():
    """Keep to one core, and collect no garbage."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("cannot keep to one core here")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    gc.disable()
    time_by_hand(50)  # warm
    yield
    gc.enable()
    os.sched_setaffinity(0, cores)


def compare(tolerated=1.0):
    """Return the fastest call of all blocks, (by the probe, by hand).

    Noise only adds, to either: blocks go on, up to the most, until both agree as is `tolerated`.
    """
    probe, hand = [], []
    for _ in range(BLOCKS):
        fastest, calls = find_fastest_by_probe()
        probe.append(fastest)
        hand += [min(time_by_hand(calls)) for _ in range(2)]
        probe.append(find_fastest_by_probe()[0])
        if 1 / tolerated < min(probe) / min(hand) < tolerated:
            break
    return min(probe), min(hand)


@pytest.mark.usefixtures("one_core")
def test_the_stopwatch_adds_less_than_a_hundredth(benchmark):
    allowed = ALLOWED if benchmark.enabled else TOLERATED
    tolerated = 1.0 if benchmark.enabled else TOLERATED
    by_probe, by_hand = benchmark.pedantic(compare, args=(tolerated,), rounds=1)
    ratio = by_probe / by_hand
    benchmark.extra_info.update(probe_ms=1e3 * by_probe, by_hand_ms=1e3 * by_hand, ratio=ratio)
    assert 1 / TOLERATED < ratio < allowed, benchmark.extra_info


@pytest.mark.usefixtures("one_core")
def test_a_stopwatch_that_adds_a_fifth_would_be_found(monkeypatch):
    clock = stopwatch.time.perf_counter_ns
    linger = LINGERING * 1e9 * min(time_by_hand(100))

    def read_late():
        until = clock() + linger
        while clock() < until:
            pass
        return clock()

    monkeypatch.setattr(stopwatch.time, "perf_counter_ns", read_late)
    by_probe, by_hand = compare(TOLERATED)
    assert by_probe / by_hand > TOLERATED
