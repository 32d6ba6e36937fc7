"""Time a `predict`: first call, warm-up that ends by measurement, steady state, large batch.

Clock: `time.perf_counter_ns`, monotonic, one pair of readings around each call and nothing else
between them. Garbage collection is off while calls are timed. Every call's result is turned into
a numpy array inside the timed section, which on a GPU waits for the device.
"""

import gc
import time

import numpy as np

WARM_UP_BLOCK = 3  # calls whose median is compared with the best block before
WARM_UP_STEADY = (
    0.95  # a block no faster than this share of the best so far is no longer warming up
)
WARM_UP_SECONDS = 0.05  # never warm up longer than this, and the call under way
STEADY_CALLS = (5, 1000)  # fewest and most calls timed
STEADY_SECONDS = (0.01, 0.03)  # time at least this long, and at most if the median has not settled
SETTLED = 0.05  # the median is known to within this share of itself
FEWEST_FOR_INTERVAL = 6  # the range of five calls holds the median less than 95 times in 100
Z95 = 1.96  # standard normal quantile of a 95 % interval
QUANTILES = {50: 1, 90: 10, 99: 100}  # percentile: the fewest calls that give it a meaning
LARGE_BATCH_ROWS = 1024
LARGE_BATCH_CALLS = 3  # at most ...
LARGE_BATCH_SECONDS = 0.05  # ... and no more once they have taken so long
DEAR_SECONDS = 0.05  # a batch is made no larger than takes about so long


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
    while True:
        block = []
        while len(block) < WARM_UP_BLOCK:
            block.append(time_call(call, inputs)[0])
            made += 1
            if time.perf_counter() > deadline:
                return made
        median = sorted(block)[WARM_UP_BLOCK // 2]
        if median > best * WARM_UP_STEADY:
            return made
        best = min(best, median)


def rank_below_median(count):
    """Return the rank, from 1, of the order statistic that begins the 95 % interval of a median.

    The interval ends as many ranks from the top. No shape of the distribution is presumed.
    """
    return max(1, int((count - Z95 * count**0.5) / 2))


def has_settled(samples):
    """Say whether the 95 % interval of the median is at most SETTLED of it wide to either side."""
    count = len(samples)
    if count < FEWEST_FOR_INTERVAL:
        return False
    below = rank_below_median(count)
    ordered = sorted(samples)
    return ordered[count - below] - ordered[below - 1] <= 2 * SETTLED * ordered[count // 2]


def time_steady(call, inputs):
    """Return nanoseconds per call in steady state, shape (calls,), dtype int64.

    Stops when the median has settled. That is looked at ever more rarely: after 6, 9, 13 calls.
    """
    clock = time.perf_counter_ns
    fewest, most = STEADY_CALLS
    shortest, longest = (int(seconds * 1e9) for seconds in STEADY_SECONDS)
    samples = []
    look = FEWEST_FOR_INTERVAL
    begun = now = clock()
    while len(samples) < most:
        elapsed = now - begun
        if len(samples) >= fewest and elapsed > longest:
            break
        if len(samples) >= look:
            if elapsed > shortest and has_settled(samples):
                break
            look += look // 2
        started = clock()
        np.asarray(call(inputs))
        now = clock()
        samples.append(now - started)
    return np.array(samples, dtype=np.int64)


def time_large_batch(call, inputs, seconds):
    """Return (rows per call, nanoseconds of each call) for `inputs` repeated to a large batch.

    `seconds` is what one call with `inputs` takes: a predict that loops over its rows gets fewer
    rows. No call is made where two times `inputs` would be too dear already.
    """
    affordable = max(1, int(DEAR_SECONDS / max(seconds, 1e-9)))
    copies = min(-(-LARGE_BATCH_ROWS // len(inputs)), affordable)
    if copies == 1:
        return len(inputs), []
    batch = np.concatenate([inputs] * copies)
    call(batch)  # a new shape may be traced or compiled: not counted
    taken = []
    while len(taken) < LARGE_BATCH_CALLS and sum(taken) < LARGE_BATCH_SECONDS * 1e9:
        taken.append(time_call(call, batch)[0])
    return len(batch), taken


def measure(call, inputs):
    """Time `call` on `inputs` (first axis: rows) after its first call.

    Returns (timing, samples): a JSON-ready dict, milliseconds where it says so, and the steady
    samples in nanoseconds. A quantile for which there were too few `calls` is None.
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
    timing = {
        "p%d_ms" % percent: float(np.percentile(samples, percent)) / 1e6
        if len(samples) >= fewest
        else None
        for percent, fewest in QUANTILES.items()
    }
    timing.update(
        {
            "calls": len(samples),
            "warm_up_calls": warm_up_calls,
            "batch_rows": len(inputs),
            "large_batch_rows": rows,
            "large_batch_calls": len(large),
            "throughput_rows_per_second": rows / (float(np.median(large or samples)) / 1e9),
            "clock": "perf_counter_ns",
        }
    )
    return timing, samples
