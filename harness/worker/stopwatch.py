"""Time a `predict`: first call, warm-up that ends by measurement, steady state, large batch.

Clock: `time.perf_counter_ns`, monotonic, one pair of readings around each call and nothing else
between them. Garbage collection is off while calls are timed. Every call's result is turned into
a numpy array inside the timed section, which on a GPU waits for the device.
"""

import gc
import time

import numpy as np

WARM_UP_BLOCK = 5  # calls whose median is compared with the block before
WARM_UP_STEADY = (
    0.95  # a block no faster than this share of the best so far is no longer warming up
)
WARM_UP_SECONDS = 1.0  # never warm up longer than this
STEADY_CALLS = (5, 1000)  # fewest and most calls timed
STEADY_ENOUGH = 100  # calls that give p99 a meaning
STEADY_SECONDS = (0.05, 0.5)  # time at least this long if calls are cheap, at most if they are dear
LARGE_BATCH_ROWS = 1024
LARGE_BATCH_CALLS = 3
DEAR_SECONDS = 0.25  # a batch is made no larger than takes about so long


def time_call(call, argument):
    """Return (nanoseconds, result as a numpy array) of one `call(argument)`."""
    clock = time.perf_counter_ns
    started = clock()
    result = np.asarray(call(argument))
    return clock() - started, result


def warm_up(call, inputs):
    """Call until a block of calls is no longer faster than the best block; return calls made."""
    deadline = time.perf_counter() + WARM_UP_SECONDS
    best, made = float("inf"), 0
    while time.perf_counter() < deadline:
        block = sorted(time_call(call, inputs)[0] for _ in range(WARM_UP_BLOCK))
        made += WARM_UP_BLOCK
        median = block[WARM_UP_BLOCK // 2]
        if median > best * WARM_UP_STEADY:
            break
        best = min(best, median)
    return made


def time_steady(call, inputs):
    """Return nanoseconds per call in steady state, shape (calls,), dtype int64."""
    clock = time.perf_counter_ns
    fewest, most = STEADY_CALLS
    shortest, longest = (int(seconds * 1e9) for seconds in STEADY_SECONDS)
    samples = []
    begun = now = clock()
    while len(samples) < most:
        elapsed = now - begun
        if len(samples) >= fewest and elapsed > longest:
            break
        if len(samples) >= STEADY_ENOUGH and elapsed > shortest:
            break
        started = clock()
        np.asarray(call(inputs))
        now = clock()
        samples.append(now - started)
    return np.array(samples, dtype=np.int64)


def time_large_batch(call, inputs, seconds):
    """Return (rows per call, median nanoseconds) for `inputs` repeated to a large batch.

    `seconds` is what one call with `inputs` takes: a predict that loops over its rows gets fewer.
    """
    affordable = max(1, int(DEAR_SECONDS / max(seconds, 1e-9)))
    copies = min(-(-LARGE_BATCH_ROWS // len(inputs)), affordable)
    batch = np.concatenate([inputs] * copies)
    call(batch)  # a new shape may be traced or compiled: not counted
    taken = sorted(time_call(call, batch)[0] for _ in range(LARGE_BATCH_CALLS))
    return len(batch), taken[LARGE_BATCH_CALLS // 2]


def measure(call, inputs):
    """Time `call` on `inputs` (first axis: rows) after its first call.

    Returns (timing, samples): a JSON-ready dict, milliseconds where it says so, and the steady
    samples in nanoseconds. p99 rests on `calls` samples: under 100 it is close to the maximum.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        warm_up_calls = warm_up(call, inputs)
        samples = time_steady(call, inputs)
        rows, large = time_large_batch(call, inputs, float(np.median(samples)) / 1e9)
    finally:
        if collecting:
            gc.enable()
    p50, p90, p99 = (float(value) / 1e6 for value in np.percentile(samples, [50, 90, 99]))
    timing = {
        "p50_ms": p50,
        "p90_ms": p90,
        "p99_ms": p99,
        "calls": len(samples),
        "warm_up_calls": warm_up_calls,
        "batch_rows": len(inputs),
        "large_batch_rows": rows,
        "throughput_rows_per_second": rows / (large / 1e9),
        "clock": "perf_counter_ns",
    }
    return timing, samples
